"""The base of every answer between services."""

from pydantic import BaseModel, ConfigDict


class ApiModel(BaseModel):
    """Frozen; a reader ignores fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="ignore")
