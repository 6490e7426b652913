"""Pushes that are taken with other actions than the product's: what breaks, waits or goes in between."""

import dataclasses
import json
from typing import Any

import msgspec

from api.context import Context
from domain.commands import REGISTER
from domain.kit.command import Register
from domain.kit.work import utc_now
from mobile_sync.protocol import PushRequest
from mobile_sync.push import push
from tests.cast import actor_of
from tests.sync.handset import Handset


def register_where(tag: str, carry_out: Any) -> Register:
    """The product's register with another action for one command."""
    kind = REGISTER.by_tag[tag]
    actions = {**REGISTER.actions, kind: dataclasses.replace(REGISTER.actions[kind], carry_out=carry_out)}
    return dataclasses.replace(REGISTER, actions=actions)


async def push_with(context: Context, phone: Handset, register: Register, *ops: dict[str, Any]) -> Any:
    """Push past HTTP, with a register of one's own."""
    request = msgspec.json.decode(json.dumps(phone.envelope(*ops)), type=PushRequest)
    return await push(
        context.database, context.queue, actor_of(phone.caller), request, now=utc_now(), register=register
    )
