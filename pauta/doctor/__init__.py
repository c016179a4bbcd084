"""pauta doctor: checks everything Pauta depends on."""
