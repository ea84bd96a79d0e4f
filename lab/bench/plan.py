"""10,000 tasks shared out among 500 people and 28 days, compared with a greedy loop and a plain CP-SAT model."""

import datetime
import pickle
import random
import subprocess
import sys
import time

from apps.models import DailyLimit, Task, User
from apps.models.limits import Source
from apps.services import distributions
from apps.services.distributions.reading import read_problem
from apps.services.planner.problem import EVEN, Plan, Problem
from lab.bench import report
from lab.bench.plan_others import CP_SAT_SECONDS
from lab.processes import ROOT

_CHILD = """
import pickle, sys, time
problem = pickle.load(sys.stdin.buffer)
began = time.perf_counter()
from {module} import {function} as solve
plan = solve(problem)
taken = time.perf_counter() - began
memory = open("/proc/self/status").read().split("VmHWM:")[1].split()[0]
pickle.dump((plan, taken, int(memory)), sys.stdout.buffer)
"""


def run(*, quick: bool) -> list[str]:
    """The section of the report."""
    number, days, tasks, each = (20, 7, 5, 10) if quick else (500, 28, 40, 250)
    boss, request = _pile(number, days, tasks, each)
    began = time.perf_counter()
    plan = distributions.propose(actor=boss, request=request)
    whole = time.perf_counter() - began
    problem = read_problem(request)
    rows: list[list[str]] = []
    ours = 0
    for name, module, function in (
        ("ToGo", "apps.services.planner.solve", "solve"),
        ("a greedy loop", "lab.bench.plan_others", "greedy"),
        (f"CP-SAT, stopped after {CP_SAT_SECONDS} s", "lab.bench.plan_others", "cp_sat"),
    ):
        found, taken, memory = _in_a_process(problem, module, function)
        ours = ours or memory
        rows.append([name, *_quality(problem, found), f"{taken:.1f}", f"{memory / 1024:.0f}"])
    return [
        "## Planning",
        "",
        f"{tasks * each:,} tasks of effort 1: {tasks} tasks, each {each} times, every fourth only for some people, in "
        f"windows of at least half of {days} days, shared out evenly among {number} people who have something to do "
        "already. Each way has a process of its own; the CP-SAT model has a variable for each task, person and day. "
        f"The whole call, which also reads {number * days:,} days and stores {len(plan.plan['assignments']):,} "
        f"assignments with their reasons, took {whole:.1f} s.",
        "",
        *report.table(["", "placed", "highest load", "mean of the highest tenth", "seconds", "MB"], rows),
        "",
        report.at_most("time of the whole call", 10, whole, "s"),
        report.at_most("memory of the process that plans", 500, ours / 1024, "MB"),
    ]


def _pile(number: int, days: int, tasks: int, each: int) -> tuple[User, distributions.Request]:
    chance = random.Random("plan")  # noqa: S311 - the same pile every time
    boss = User.objects.create(username="boss", password="!", is_taskmaster=True)
    people = User.objects.bulk_create(User(username=f"person {one}", password="!") for one in range(number))
    first = datetime.date(2026, 3, 2)
    dates = [first + datetime.timedelta(days=offset) for offset in range(days)]
    limits = []
    for person in people:
        most = chance.choice((2, 3, 4, 5, 8))
        for date in dates:
            maximum = 0 if date.weekday() == chance.randrange(14) else most
            taken = min(maximum, chance.choice((0, 0, 1, 2)))
            limits.append(
                DailyLimit(
                    user=person,
                    date=date,
                    wanted=maximum,
                    maximum=maximum,
                    taken=taken,
                    source_kind=Source.HAND,
                    rules_version=1,
                )
            )
    DailyLimit.objects.bulk_create(limits, batch_size=1000)
    ids = [person.pk for person in people]
    wishes = []
    for place, task in enumerate(Task.objects.bulk_create(Task(name=f"task {one}") for one in range(tasks))):
        begin = chance.randrange(days // 2)
        some = sorted(chance.sample(ids, number // 5)) if place % 4 == 0 else None
        end = dates[chance.randrange(begin + days // 2, days)]
        wishes.append(distributions.Wish(task.pk, each, None, some, dates[begin], end))
    return boss, distributions.Request(wishes, ids, dates[0], dates[-1], EVEN)


def _in_a_process(problem: Problem, module: str, function: str) -> tuple[Plan, float, int]:
    """The plan, the seconds that it took, and the kilobytes of memory."""
    done = subprocess.run(
        [sys.executable, "-c", _CHILD.format(module=module, function=function)],
        input=pickle.dumps(problem),
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
    )
    found: tuple[Plan, float, int] = pickle.loads(done.stdout)  # noqa: S301 - our own child's
    return found


def _quality(problem: Problem, plan: Plan) -> list[str]:
    taken, width = problem.taken(), len(problem.dates)
    for index, day in plan.placements:
        taken[day // width] += problem.items[index].effort
    loads = sorted((mine / (maximum or 1) for mine, maximum in zip(taken, problem.maxima(), strict=True)), reverse=True)
    tenth = loads[: max(1, len(loads) // 10)]
    return [f"{len(plan.placements):,}", f"{loads[0]:.1%}", f"{sum(tenth) / len(tenth):.1%}"]
