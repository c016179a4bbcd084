"""Pauses or resumes outbound, and publishes the fact."""

from contracts.commands.outbound import PauseOutbound, ResumeOutbound
from contracts.events.outbound import OutboundPaused, OutboundResumed
from kit.outbound_switch import OutboundSwitch


async def switch_outbound(command: PauseOutbound | ResumeOutbound, switch: OutboundSwitch) -> None:
    """Sets the switch. A repeated command has no effect."""
    await switch.set(_fact(command), publish=True)


def _fact(command: PauseOutbound | ResumeOutbound) -> OutboundPaused | OutboundResumed:
    match command:
        case PauseOutbound():
            return OutboundPaused(
                event_id=command.fact_id, at=command.at, by=command.by, reason=command.reason
            )
        case ResumeOutbound():
            return OutboundResumed(event_id=command.fact_id, at=command.at, by=command.by)
