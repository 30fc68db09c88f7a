"""Runs what outlives a request: on the project's `TASKS`, and without those on a thread of the web process.

The thread needs nothing to be started or configured.
"""

from __future__ import annotations

import threading
from typing import Any

from django.conf import settings
from django.db import connections, transaction
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus
from django_tasks.utils import get_random_id


class ThreadBackend(ImmediateBackend):
    """Runs each task at once, on a daemon thread: the request is answered meanwhile, and a server that is told to end
    does not wait for it. What such an end interrupts is rolled back by the database."""

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        self.validate_task(task)
        result: TaskResult[Any] = TaskResult(
            task=task,
            id=get_random_id(),
            status=TaskResultStatus.READY,
            enqueued_at=None,
            started_at=None,
            last_attempted_at=None,
            finished_at=None,
            args=args,
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )
        threading.Thread(target=self._run, args=(result,), name=f"task-{result.id}", daemon=True).start()
        return result

    def _run(self, result: TaskResult[Any]) -> None:
        try:
            self._execute_task(result)
        finally:
            connections.close_all()


def enqueue(task: Task[Any, Any], *args: Any) -> None:
    """Once the transaction at hand is committed: a request may be one, and the task must find what it was told of."""
    transaction.on_commit(lambda: _backend(task).enqueue(task, args, {}))


def ends_with_its_process(task: Task[Any, Any]) -> bool:
    """Whether nobody else will run a task whose process is gone."""
    return isinstance(_backend(task), ImmediateBackend)


def _backend(task: Task[Any, Any]) -> BaseTaskBackend:
    # Not whether there is the setting: a later Django has one of its own, which runs a task before it answers.
    given = settings.is_overridden("TASKS")  # type: ignore[misc]
    return task.get_backend() if given else ThreadBackend(task.backend, {})
