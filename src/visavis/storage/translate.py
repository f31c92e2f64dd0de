"""The border where psycopg's errors become ours.

A detail names the kind of error and its SQLSTATE, never the server's message: messages quote rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import psycopg_pool
import sqlalchemy
from psycopg import errors

from visavis.errors import (
    DatabaseUnavailable,
    DatabaseVersionMismatch,
    InputRefused,
    StorageError,
    StorageFull,
    VisavisError,
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn whatever the database raises inside into the error tree of `visavis.errors`."""
    try:
        yield
    except sqlalchemy.exc.DBAPIError as error:
        raise meaning(error.orig or error) from error
    except (psycopg.Error, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed) as error:
        raise meaning(error) from error
    except UnicodeEncodeError as error:
        raise InputRefused("text with half a character") from error


def meaning(error: BaseException) -> VisavisError:
    """The error of ours that one of the database's stands for."""
    detail = f"{type(error).__name__} {getattr(error, 'sqlstate', None) or ''}".strip()
    match error:
        case errors.DiskFull():
            return StorageFull(detail)
        case errors.UndefinedTable() | errors.UndefinedColumn() | errors.UndefinedFunction():
            return DatabaseVersionMismatch(detail)
        case errors.InvalidSchemaName() | errors.InvalidCatalogName():
            return DatabaseVersionMismatch(detail)
        case errors.QueryCanceled() | errors.DeadlockDetected() | errors.SerializationFailure():
            return StorageError(detail)
        case psycopg.OperationalError() | psycopg.InterfaceError() | errors.InsufficientPrivilege():
            return DatabaseUnavailable(detail)
        case psycopg_pool.PoolTimeout() | psycopg_pool.PoolClosed():
            return DatabaseUnavailable(detail)
        case psycopg.DataError():
            return InputRefused(detail)
        case _:
            return StorageError(detail)


def lost(error: psycopg.OperationalError) -> bool:
    """Whether the connection went away, or the server asks to try again: once more is right, twice is not."""
    state = error.sqlstate
    return state is None or state.startswith(("08", "57P", "40"))
