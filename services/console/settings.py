"""What console reads from the environment."""

from pathlib import Path

from pydantic import Field

from kit.settings import ServiceSettings


class Settings(ServiceSettings):
    """`actions_log_rotate_at` is how many actions one file holds, `actions_log_keep` how many older files stay."""

    actions_log_path: Path = Path("data/actions_log.json")
    actions_log_rotate_at: int = Field(1000, ge=1)
    actions_log_keep: int = Field(20, ge=1)
