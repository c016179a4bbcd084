"""The words and phrases of replies: one file for each language, all of them read together."""
