"""FastAPI with asyncpg by somebody who knows PostgreSQL: the same one statement as ToGo, and answers by orjson.

asyncpg prepares every statement. Bodies are checked by pydantic, answers are written without it.
"""

import base64
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import asyncpg
import jwt
import orjson
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from pydantic import BaseModel, ConfigDict, StrictInt

KEY = os.environ["TOGO_SECRET_KEY"]
pool: Any = None

DAY = "user_id, date, maximum, taken, source_kind, source_rule, source_reason"
CALLER = """SELECT id, username, first_name, last_name, password, is_active, is_taskmaster, is_admin
FROM togo_user WHERE id = $1"""
ASSIGN = f"""
WITH task AS (
    SELECT id, name, effort FROM togo_task WHERE id = $1 AND is_active
), day AS (
    UPDATE togo_dailylimit SET taken = taken + (SELECT effort FROM task)
    WHERE user_id = $2 AND date = $3 AND taken + (SELECT effort FROM task) <= maximum
        AND EXISTS (SELECT 1 FROM togo_user WHERE id = $2 AND is_active)
    RETURNING id, {DAY}
), created AS (
    INSERT INTO togo_assignment (daily_limit_id, user_id, task_id, taskmaster_id, status, effort, created_at)
    SELECT day.id, $2, task.id, $4, 'open', task.effort, $5 FROM day, task RETURNING id
), event AS (
    INSERT INTO togo_event (at, actor, kind, "user", task, task_name, date, assignment, data)
    SELECT $5, $4, 'assigned', $2, task.id, task.name, $3, created.id, jsonb_build_object('effort', task.effort)
    FROM created, task
)
SELECT created.id AS assignment, task.effort, day.* FROM created, task, day
"""  # noqa: S608 - only its own names
LIST = f"""
SELECT one.id AS assignment, one.task_id, one.taskmaster_id, one.status, one.effort, one.created_at,
    day.{", day.".join(DAY.split(", "))}
FROM togo_assignment AS one JOIN togo_dailylimit AS day ON day.id = one.daily_limit_id
ORDER BY day.date, day.user_id, one.id LIMIT 51
"""  # noqa: S608
TODAY = f"SELECT {DAY}, wanted FROM togo_dailylimit WHERE user_id = $1 AND date = $2"  # noqa: S608
FREE = """
SELECT day.user_id AS user, person.username, day.date, day.maximum, day.taken, day.maximum - day.taken AS remaining
FROM togo_dailylimit AS day JOIN togo_user AS person ON person.id = day.user_id AND person.is_active
WHERE day.date = $1 AND day.maximum - day.taken >= 1
ORDER BY day.maximum - day.taken DESC, day.user_id LIMIT 51
"""

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


app = FastAPI(lifespan=lifespan, openapi_url=None)


class NewAssignment(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid")
    task: StrictInt
    user: StrictInt
    date: date


async def caller(authorization: Annotated[str, Header()]) -> Any:
    """The token's person, who must be active and have the same password as when the token was made."""
    try:
        claims = jwt.decode(authorization.removeprefix("Bearer "), KEY, algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise HTTPException(401) from None
    row = await pool.fetchrow(CALLER, int(claims["user_id"]))
    if not row or not row["is_active"]:
        raise HTTPException(401)
    if hashlib.md5(row["password"].encode()).hexdigest().upper() != claims["hash_password"]:  # noqa: S324
        raise HTTPException(401)
    return row


Caller = Annotated[Any, Depends(caller)]


def json(data: Any, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(data), status, media_type="application/json")


def link(path: str, edge: list[Any]) -> str:
    """The address of the next page."""
    cursor = base64.urlsafe_b64encode(orjson.dumps([0, *edge])).decode().rstrip("=")
    return f"http://localhost/api/users/{path}cursor={cursor}"


def limit_of(day: Any) -> dict[str, Any]:
    """How much of a day is taken."""
    return {
        "maximum": day["maximum"],
        "taken": day["taken"],
        "remaining": day["maximum"] - day["taken"],
        "source": {"kind": day["source_kind"], "rule": day["source_rule"], "reason": day["source_reason"]},
    }


@app.post("/api/users/assignment/")
async def assign(asked: NewAssignment, me: Caller) -> Response:
    """Assign a task to a person on a date, if the day isn't full."""
    if asked.user != me["id"] and not (me["is_taskmaster"] or me["is_admin"]):
        raise HTTPException(403)
    now = datetime.now(UTC)
    if asked.date > now.date() + timedelta(days=366):
        raise HTTPException(400)
    try:
        row = await pool.fetchrow(ASSIGN, asked.task, asked.user, asked.date, me["id"], now)
    except asyncpg.UniqueViolationError:
        raise HTTPException(409) from None
    if row is None:
        raise HTTPException(409)
    made = {
        "id": row["assignment"],
        "task": asked.task,
        "user": asked.user,
        "date": asked.date,
        "taskmaster": me["id"],
        "status": "open",
        "effort": row["effort"],
        "created_at": now,
        "limit": limit_of(row),
    }
    return json(made, 201)


@app.get("/api/users/assignment/")
async def assignments(me: Caller) -> Response:
    """The first 50 assignments."""
    if not (me["is_taskmaster"] or me["is_admin"]):
        raise HTTPException(501)
    rows = await pool.fetch(LIST)
    results = [
        {
            "id": row["assignment"],
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
    return json({"next": following, "previous": None, "results": results})


@app.get("/api/users/me/")
async def myself(me: Caller) -> Response:
    """The caller, and their limit of today."""
    day = await pool.fetchrow(TODAY, me["id"], datetime.now(UTC).date())
    person = {name: value for name, value in me.items() if name != "password"}
    return json({**person, "limit": {"user": me["id"], "date": day["date"], "wanted": day["wanted"], **limit_of(day)}})


@app.get("/api/users/availability/")
async def availability(date: date, me: Caller) -> Response:
    """The 50 people with the most room on a date."""
    if date > datetime.now(UTC).date() + timedelta(days=366):
        return json({"next": None, "previous": None, "ordered_by": "remaining", "results": []})
    if not await pool.fetchval(IS_SET, date):
        raise HTTPException(501)
    rows = await pool.fetch(FREE, date)
    results = [dict(row) for row in rows[:50]]
    last = results[-1] if len(rows) > 50 else None
    following = link(f"availability/?date={date}&", [last["remaining"], last["user"]]) if last else None
    return json({"next": following, "previous": None, "ordered_by": "remaining", "results": results})
