"""FastAPI with asyncpg: the same checks and the same writes as ToGo, in plain statements."""

import base64
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import asyncpg
import jwt
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict, StrictInt

KEY = os.environ["TOGO_SECRET_KEY"]
pool: Any = None

# Whether everybody's limit of a date is set: otherwise ToGo lists free people by name.
IS_SET = """
SELECT 1 FROM togo_limitday AS done WHERE done.date = $1 AND done.done_at IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM togo_user AS late WHERE late.is_active AND late.active_since >= done.done_at - interval '10 minutes'
        AND NOT EXISTS (SELECT 1 FROM togo_dailylimit WHERE user_id = late.id AND date = $1)
)
"""


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Keep a pool of connections to the database."""
    global pool
    pool = await asyncpg.create_pool(os.environ["PEER_DSN"], min_size=8, max_size=8)
    yield
    await pool.close()


app = FastAPI(lifespan=lifespan)


class NewAssignment(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")
    task: StrictInt
    user: StrictInt
    date: date


async def actor(authorization: Annotated[str, Header()]) -> Any:
    """The token's person, who must be active and have the same password as when the token was made."""
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    row = await pool.fetchrow(
        "SELECT id, username, first_name, last_name, password, is_active, is_taskmaster, is_admin"
        " FROM togo_user WHERE id = $1",
        int(claims["user_id"]),
    )
    if not row or not row["is_active"]:
        raise HTTPException(401)
    if hashlib.md5(row["password"].encode()).hexdigest().upper() != claims["hash_password"]:  # noqa: S324
        raise HTTPException(401)
    return row


@app.post("/api/users/assignment/", status_code=201)
async def assign(asked: NewAssignment, me: Annotated[Any, Depends(actor)]) -> dict[str, Any]:
    """Assign a task to a person on a date, if the day isn't full."""
    if asked.user != me["id"] and not (me["is_taskmaster"] or me["is_admin"]):
        raise HTTPException(403)
    if asked.date > datetime.now(UTC).date() + timedelta(days=366):
        raise HTTPException(400)
    async with pool.acquire() as connection:
        task = await connection.fetchrow("SELECT name, is_active FROM togo_task WHERE id = $1", asked.task)
        person = await connection.fetchrow("SELECT is_active FROM togo_user WHERE id = $1", asked.user)
        if not task or not person:
            raise HTTPException(404)
        if not task["is_active"] or not person["is_active"]:
            raise HTTPException(409)
        now = datetime.now(UTC)
        try:
            async with connection.transaction():
                day = await connection.fetchrow(
                    "UPDATE togo_dailylimit SET taken = taken + 1 WHERE user_id = $1 AND date = $2 AND taken < maximum"
                    " RETURNING id, maximum, taken, source_kind, source_rule, source_reason",
                    asked.user,
                    asked.date,
                )
                if not day:
                    raise HTTPException(409)
                made = await connection.fetchval(
                    "INSERT INTO togo_assignment (daily_limit_id, user_id, task_id, taskmaster_id, status, created_at)"
                    " VALUES ($1, $2, $3, $4, 'open', $5) RETURNING id",
                    day["id"],
                    asked.user,
                    asked.task,
                    me["id"],
                    now,
                )
                await connection.execute(
                    'INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)'
                    " VALUES ($1, $2, 'assigned', $3, $4, $5, $6, $7, '{}')",
                    now,
                    me["id"],
                    asked.user,
                    asked.task,
                    task["name"],
                    asked.date,
                    made,
                )
        except asyncpg.UniqueViolationError:
            raise HTTPException(409) from None
    return {
        "id": made,
        "task": asked.task,
        "user": asked.user,
        "date": asked.date,
        "taskmaster": me["id"],
        "status": "open",
        "created_at": now,
        "limit": limit_of(day),
    }


def limit_of(day: Any) -> dict[str, Any]:
    """How much of a day is taken."""
    return {
        "maximum": day["maximum"],
        "taken": day["taken"],
        "remaining": day["maximum"] - day["taken"],
        "source": {"kind": day["source_kind"], "rule": day["source_rule"], "reason": day["source_reason"]},
    }


def link(path: str, edge: list[Any]) -> str:
    """The address of the next page."""
    cursor = base64.urlsafe_b64encode(json.dumps([0, *edge]).encode()).decode().rstrip("=")
    return f"http://localhost/api/users/{path}cursor={cursor}"


@app.get("/api/users/assignment/")
async def assignments(me: Annotated[Any, Depends(actor)]) -> dict[str, Any]:
    """The first 50 assignments."""
    if not (me["is_taskmaster"] or me["is_admin"]):
        raise HTTPException(501)
    rows = await pool.fetch(
        "SELECT one.*, day.user_id, day.date, day.maximum, day.taken, day.source_kind, day.source_rule,"
        " day.source_reason FROM togo_assignment AS one JOIN togo_dailylimit AS day ON day.id = one.daily_limit_id"
        " ORDER BY day.date, day.user_id, one.id LIMIT 51"
    )
    results = [
        {
            "id": row["id"],
            "task": row["task_id"],
            "user": row["user_id"],
            "date": row["date"],
            "taskmaster": row["taskmaster_id"],
            "status": row["status"],
            "effort": row["effort"],
            "created_at": row["created_at"],
            "limit": limit_of(row),
        }
        for row in rows[:50]
    ]
    last = results[-1] if len(rows) > 50 else None
    following = link("assignment/?", [str(last["date"]), last["user"], last["id"]]) if last else None
    return {"next": following, "previous": None, "results": results}


@app.get("/api/users/me/")
async def myself(me: Annotated[Any, Depends(actor)]) -> dict[str, Any]:
    """The caller, and their limit of today."""
    day = await pool.fetchrow(
        "SELECT * FROM togo_dailylimit WHERE user_id = $1 AND date = $2", me["id"], datetime.now(UTC).date()
    )
    person = {name: value for name, value in me.items() if name != "password"}
    return {**person, "limit": {"user": me["id"], "date": day["date"], "wanted": day["wanted"], **limit_of(day)}}


@app.get("/api/users/availability/")
async def availability(date: date, me: Annotated[Any, Depends(actor)]) -> dict[str, Any]:
    """The 50 people with the most room on a date."""
    if date > datetime.now(UTC).date() + timedelta(days=366):
        return {"next": None, "previous": None, "ordered_by": "remaining", "results": []}
    if not await pool.fetchval(IS_SET, date):
        raise HTTPException(501)
    rows = await pool.fetch(
        "SELECT day.user_id AS user, person.username, day.date, day.maximum, day.taken,"
        " day.maximum - day.taken AS remaining"
        " FROM togo_dailylimit AS day JOIN togo_user AS person ON person.id = day.user_id"
        " WHERE day.date = $1 AND person.is_active AND day.maximum > day.taken"
        " ORDER BY day.maximum - day.taken DESC, day.user_id LIMIT 51",
        date,
    )
    results = [dict(row) for row in rows[:50]]
    last = results[-1] if len(rows) > 50 else None
    following = link(f"availability/?date={date}&", [last["remaining"], last["user"]]) if last else None
    return {"next": following, "previous": None, "ordered_by": "remaining", "results": results}
