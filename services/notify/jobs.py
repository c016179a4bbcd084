"""What notify does by the clock: settles what is uncertain, asks for receipts and keys that never came."""

import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

import structlog

from contracts.events.touch import KEY_UNHEARD, Channel, TouchUnresolved
from kit.database import DATABASE_FAILURES
from kit.errors import Unavailable
from kit.periodic import PeriodicJob
from services.notify.decisions.first_contact import asked_for_link
from services.notify.decisions.keys import (
    Pressed,
    asked_by_key,
    next_look,
    not_asked,
    uncertain,
    what_was_pressed,
)
from services.notify.decisions.reconciliation import (
    CheckLater,
    CheckProvider,
    Escalate,
    Resend,
    after_not_found,
    next_action,
    still_useful,
)
from services.notify.delivery import failed, make
from services.notify.deps import Deps
from services.notify.repositories.ledger import Open
from services.notify.touches import Form, State, Touch

log = structlog.get_logger()

RECEIPT_GIVEN_UP_SECONDS = 86_400.0
HELD_AGAIN_SECONDS = 5.0
MAX_CHECKS = 20  # that may fail by a bug, one a minute


def jobs(deps: Deps) -> Sequence[PeriodicJob]:
    async def expire_leases() -> None:
        await deps.store.write_unwritten()  # first: what this process knows is not uncertain
        if expired := await deps.store.expire_leases(check_in=deps.settings.checks[0]):
            log.warning("touches.uncertain", count=expired, reason="lease expired")

    async def open_channels() -> list[Channel]:
        """Those whose company may be asked now; none while everything is stopped."""
        if await deps.switch.paused():
            return []
        return [
            channel
            for channel, breaker in deps.breakers.items()
            if breaker.is_allowed(time.monotonic())
        ]

    async def go_on_with_held() -> bool:
        due = await deps.store.due(State.PLANNED, await open_channels())
        await each_by_itself(due, State.PLANNED, go_on, deps)
        return bool(due)

    async def settle_uncertain() -> bool:
        due = await deps.store.due(State.UNCERTAIN, await open_channels())
        await each_by_itself(due, State.UNCERTAIN, settle, deps)
        return bool(due)

    async def ask_for_receipts() -> bool:
        due = await deps.store.due(State.SENT, await open_channels())
        await each_by_itself(due, State.SENT, ask_for_receipt, deps)
        return bool(due)

    async def ask_for_keys() -> bool:
        due = await deps.store.due(State.ANSWERED, await open_channels())
        await each_by_itself(due, State.ANSWERED, ask_for_key, deps)
        return bool(due)

    return (
        PeriodicJob("expire_leases", 1, expire_leases),
        PeriodicJob("go_on_with_held", 0.5, go_on_with_held),
        PeriodicJob("settle_uncertain", 0.5, settle_uncertain),
        PeriodicJob("ask_for_receipts", 5, ask_for_receipts),
        PeriodicJob("ask_for_keys", 5, ask_for_keys),
        PeriodicJob("count_spending", 1, deps.budget.count),
        PeriodicJob("count_sources", 60, deps.budget.count_sources),
        PeriodicJob("forget_old_callbacks", 3600, deps.store.forget_old_callbacks),
        PeriodicJob("forget_old_orders", 3600, deps.commands.forget_old),
    )


async def each_by_itself(
    due: Sequence[Open], state: State, work: Callable[[Open, Deps], Awaitable[None]], deps: Deps
) -> None:
    """Works on each due touch. A bug with one of them does not stop the others. Raises Unavailable."""
    for touch in due:
        try:
            await work(touch, deps)
        except Unavailable:
            raise
        except Exception as bug:
            about = {"touch_id": str(touch.touch.touch_id), "channel": touch.touch.channel}
            log.error("touch.look_failed", **about, check_count=touch.check_count, exc_info=bug)
            if touch.check_count >= MAX_CHECKS:
                await stop_looking(touch, state, deps)


async def stop_looking(touch: Open, state: State, deps: Deps) -> None:
    """Leaves a touch to a person that every look fails at; one that was sent lacks only its receipt."""
    touch_id = touch.touch.touch_id
    log.error("touch.unresolved", touch_id=str(touch_id), channel=touch.touch.channel)
    match state:
        case State.UNCERTAIN:
            await deps.store.unknown(touch.touch)
        case State.ANSWERED:
            await deps.store.leave_to_a_person(link_after(touch), touch.card, KEY_UNHEARD)
            await deps.store.check_again(touch_id, state, check_in=None)
        case State.PLANNED:
            await deps.store.publish(TouchUnresolved(**touch.touch.about()))
            await deps.store.check_again(touch_id, state, check_in=None)
        case _:
            await deps.store.check_again(touch_id, state, check_in=None)


async def go_on(held: Open, deps: Deps) -> None:
    """Makes a touch that was held, if nothing holds it any more."""
    with contextlib.suppress(
        Unavailable
    ):  # surely not sent, and put back: a later look tries again
        await make(held.touch, held.card, deps, check_in=HELD_AGAIN_SECONDS)


async def settle(one: Open, deps: Deps) -> None:
    """Finds out whether an uncertain touch was sent; sends it again only when it was not, or when that is harmless."""
    step: CheckProvider | Resend | CheckLater | Escalate = next_action(
        one.touch.channel, one.age_seconds, not_again=one.not_again
    )
    if isinstance(step, CheckProvider):
        try:
            found = await _look(one, deps)
        except DATABASE_FAILURES:  # not the company's fault
            raise
        except Unavailable as outage:
            await deps.store.postpone_check(one.touch.touch_id, check_in=deps.settings.checks[0])
            await failed(deps.breakers[one.touch.channel], outage, deps)
            return
        if found:
            return
        step = after_not_found(
            check_count=one.check_count,
            sendings=one.sendings,
            age_seconds=one.age_seconds,
            checks=deps.settings.checks,
            still_useful=still_useful(one.touch, deps.now()),
            not_again=one.not_again,
        )
    match step:
        case CheckLater(seconds):
            await deps.store.check_again(one.touch.touch_id, State.UNCERTAIN, check_in=seconds)
        case Resend():
            log.info(
                "touch.sent_again", touch_id=str(one.touch.touch_id), channel=one.touch.channel
            )
            with contextlib.suppress(
                Unavailable
            ):  # surely not sent, and put back: a later look tries again
                check_in = deps.settings.checks[-1]
                await make(
                    one.touch,
                    one.card,
                    deps,
                    from_state=State.UNCERTAIN,
                    check_in=check_in,
                    perhaps_sent=one.sendings > 0,
                )
        case _:
            await deps.store.unknown(one.touch)
            log.error(
                "touch.unresolved", touch_id=str(one.touch.touch_id), channel=one.touch.channel
            )


async def _look(one: Open, deps: Deps) -> bool:
    """Whether the provider has the touch; if so, it is learned. Raises Unavailable."""
    assert one.touch.address is not None
    taken = await deps.store.known_refs(one.touch.address)
    found = await deps.senders[one.touch.channel].find(
        one.touch, one.touch.address, one.card, since=one.first_claimed_at, taken=taken
    )
    await deps.store.record_check(one, found=found is not None)
    if found is not None:
        await deps.store.apply_receipt(one.touch.touch_id, found)
        log.info(
            "touch.found",
            touch_id=str(one.touch.touch_id),
            channel=one.touch.channel,
            ref=found.ref,
        )
    return found is not None


async def ask_for_receipt(one: Open, deps: Deps) -> None:
    """Asks what became of a touch whose callback never came, less and less often, for a day."""
    try:
        receipt = (
            await deps.senders[one.touch.channel].fetch_status(one.provider_ref)
            if one.provider_ref
            else None
        )
    except Unavailable as outage:
        await failed(deps.breakers[one.touch.channel], outage, deps)
        return
    if receipt is not None:
        await deps.store.apply_receipt(one.touch.touch_id, receipt)
    next_look = max(one.age_seconds, deps.settings.receipt_timeout)
    keep_asking = one.provider_ref and one.age_seconds + next_look < RECEIPT_GIVEN_UP_SECONDS
    await deps.store.check_again(
        one.touch.touch_id, State.SENT, check_in=next_look if keep_asking else None
    )


async def ask_for_key(call: Open, deps: Deps) -> None:
    """Finds out whether the link was asked for in an answered call whose key was not heard; uncertain until then."""
    touch, link, ref = call.touch, link_after(call), call.provider_ref or ""
    if await deps.store.knows(link.touch_id):
        await deps.store.check_again(touch.touch_id, State.ANSWERED, check_in=None)
    elif call.check_count == 1:
        await deps.store.publish(uncertain(link, ref))
        wait = deps.settings.call_events_after - deps.settings.key_timeout
        await deps.store.check_again(touch.touch_id, State.ANSWERED, check_in=max(wait, 0.0))
    else:
        await learn_key(call, link, ref, deps)


def link_after(call: Open) -> Touch:
    """The touch that somebody asked for by a key during this call, if they did."""
    form = Form(call.touch.submission_id, call.card)
    return asked_for_link(call.touch.lead_id, form, asked_at=call.first_claimed_at)


async def learn_key(call: Open, link: Touch, ref: str, deps: Deps) -> None:
    """Asks Twilio for its record of the call; looks again later where that is not there."""
    try:
        pressed = what_was_pressed(await deps.call_events(ref))
    except Unavailable as outage:
        await failed(deps.breakers[call.touch.channel], outage, deps)
        return
    wait = next_look(call.age_seconds) if pressed is Pressed.UNKNOWN else None
    match pressed:
        case Pressed.UNKNOWN if wait is None:
            await deps.store.leave_to_a_person(link, call.card, KEY_UNHEARD)
        case Pressed.LINK:
            asked = asked_by_key(link.lead_id, call.touch.touch_id, ref, at=call.first_claimed_at)
            await deps.leads.reply(f"key/{ref}", "", {}, [asked], opts_in=False)
        case Pressed.NOTHING | Pressed.SILENCE:
            await deps.store.publish(not_asked(link, ref))
    if pressed is Pressed.SILENCE and (following := call.touch.following(call.card)) is not None:
        await make(following, call.card, deps, check_in=HELD_AGAIN_SECONDS)
    await deps.store.check_again(call.touch.touch_id, State.ANSWERED, check_in=wait)
    log.info(
        "call.looked_up", touch_id=str(call.touch.touch_id), lead_id=link.lead_id, pressed=pressed
    )
