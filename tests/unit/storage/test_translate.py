"""Which of the database's errors becomes which of ours, and what the message may say."""

import psycopg
import psycopg_pool
import pytest
from psycopg import errors

from visavis.errors import DatabaseUnavailable, DatabaseVersionMismatch, InputRefused, StorageError, StorageFull
from visavis.storage.translate import lost, translated


@pytest.mark.parametrize(
    ("raised", "ours"),
    [
        (errors.DiskFull("x"), StorageFull),
        (errors.UndefinedTable("x"), DatabaseVersionMismatch),
        (errors.UndefinedFunction("x"), DatabaseVersionMismatch),
        (errors.AdminShutdown("x"), DatabaseUnavailable),
        (errors.InvalidPassword("x"), DatabaseUnavailable),
        (errors.TooManyConnections("x"), DatabaseUnavailable),
        (errors.InsufficientPrivilege("x"), DatabaseUnavailable),
        (psycopg.OperationalError("x"), DatabaseUnavailable),
        (psycopg.InterfaceError("x"), DatabaseUnavailable),
        (psycopg_pool.PoolTimeout("x"), DatabaseUnavailable),
        (psycopg_pool.PoolClosed("x"), DatabaseUnavailable),
        (errors.DeadlockDetected("x"), StorageError),
        (errors.QueryCanceled("x"), StorageError),
        (errors.CheckViolation("x"), StorageError),
        (errors.NumericValueOutOfRange("x"), InputRefused),
        (psycopg.DataError("x"), InputRefused),
    ],
)
def test_each_error_has_its_meaning(raised: Exception, ours: type[Exception]) -> None:
    with pytest.raises(ours) as caught, translated():
        raise raised
    assert type(caught.value) is ours
    assert caught.value.__cause__ is raised


def test_the_servers_words_stay_inside() -> None:
    """They quote rows, and rows hold pseudonyms: only the kind of error and its state are told."""
    with pytest.raises(StorageError) as caught, translated():
        raise errors.UniqueViolation("Key (token)=(tok-123) already exists.")
    assert "tok-123" not in str(caught.value)
    assert "UniqueViolation 23505" in str(caught.value)


def test_other_errors_pass() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError("x")


@pytest.mark.parametrize(
    ("raised", "again"),
    [
        (psycopg.OperationalError("the connection is closed"), True),
        (errors.AdminShutdown(), True),
        (errors.CannotConnectNow(), True),
        (errors.ConnectionFailure(), True),
        (errors.DeadlockDetected(), True),
        (errors.DiskFull(), False),
        (errors.TooManyConnections(), False),
        (errors.InvalidPassword(), False),
    ],
)
def test_only_what_may_pass_is_tried_again(raised: psycopg.OperationalError, again: bool) -> None:
    assert lost(raised) is again
