"""Webhooks while several admins change them at the same moment."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from apps.models import User
from apps.services import webhooks
from lab.processes import PATIENCE

pytestmark = [pytest.mark.real_time, pytest.mark.django_db(transaction=True)]


def test_secrets_that_are_rotated_at_once_leave_one_without_an_end(admin: User) -> None:
    webhook, _ = webhooks.create(actor=admin, url="https://93.184.215.14/togo", events=["*"])
    together = threading.Barrier(3)

    def rotate(_: int) -> None:
        try:
            for _ in range(10):
                together.wait(PATIENCE)
                webhooks.rotate(actor=admin, webhook_id=webhook.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(rotate, range(3)))

    assert webhook.secrets.count() == 31
    assert webhook.secrets.filter(expires_at=None).count() == 1
