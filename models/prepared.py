"""Statements of the hot path, compiled once for each kind of database.

Handed a statement, SQLAlchemy hashes it to find what it compiled before, and makes its parameters
and its result by general rules. Small work, but for a statement that SQLite answers in ten
microseconds it is nine tenths of the time. A `Prepared` statement has its text and the conversions
of its values worked out beforehand, and is handed to the driver. Connection, transaction and errors
are SQLAlchemy's as ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

from sqlalchemy import BindParameter, Connection, Float, Select, Table, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.sql import visitors
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.types import TypeEngine

from models.engine import BEGIN

Convert: TypeAlias = Callable[[Any], Any]


class Prepared:
    """A statement whose parameters have names. `columns` are those that an INSERT fills."""

    def __init__(
        self, statement: Select[Any] | UpdateBase, *, columns: Sequence[str] | None = None
    ) -> None:
        self._statement = statement
        self._columns = columns
        self._by_dialect: dict[str, _Compiled] = {}

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Run an INSERT or UPDATE; gives the number of rows."""
        return self._compiled(connection).execute(connection, values).rowcount

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run an INSERT or UPDATE once for each of these."""
        self._compiled(connection).execute_many(connection, rows)

    def run_alone(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Like `run`, but where no transaction has begun the statement is one by itself."""
        return self._compiled(connection).execute(connection, values, begins=False).rowcount

    def first(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a SELECT, in the order of its columns; None without one."""
        compiled = self._compiled(connection)
        return compiled.first(compiled.execute(connection, values))

    def all(self, connection: Connection, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Every row of a SELECT."""
        compiled = self._compiled(connection)
        return compiled.all(compiled.execute(connection, values))

    def peek(self, connection: Connection, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """Like `first`, but before the transaction begins: what was read may be outdated when it
        does. Whoever writes by it compares."""
        compiled = self._compiled(connection)
        return compiled.first(compiled.execute(connection, values, begins=False))

    def _compiled(self, connection: Connection) -> _Compiled:
        name = connection.dialect.name
        if name not in self._by_dialect:
            made = _compile(self._statement, connection.dialect, self._columns)
            self._by_dialect[name] = made
        return self._by_dialect[name]


@dataclass(frozen=True)
class Write:
    """A row that may be inserted at the end of its turn, because nothing in the turn reads it."""

    table: Table
    row: Mapping[str, Any]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.row)

    def run(self, connection: Connection) -> None:
        _insert(self.table, self.columns).run(connection, self.row)


@lru_cache(maxsize=64)
def _insert(table: Table, columns: tuple[str, ...]) -> Prepared:
    return Prepared(insert(table).inline(), columns=columns)


@dataclass(frozen=True)
class _Compiled:
    text: str
    parameters: tuple[tuple[str, Convert | None], ...]
    names: tuple[str, ...]
    by_name: bool
    fixed: dict[str, Any]
    results: tuple[tuple[int, Convert], ...]

    def execute(
        self, connection: Connection, values: Mapping[str, Any], *, begins: bool = True
    ) -> DBAPICursor:
        if self.fixed:
            values = {**self.fixed, **values}
        cursor = connection.connection.cursor()
        try:
            if begins and (begin := connection.info.get(BEGIN)):
                begin()
            cursor.execute(self.text, self._bind(values))
        except Exception as error:  # SQLAlchemy says which of its errors this is
            connection._handle_dbapi_exception(error, self.text, None, cursor, None)
        return cursor

    def execute_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        bound = [self._bind({**self.fixed, **row}) for row in rows]
        cursor = connection.connection.cursor()
        try:
            if begin := connection.info.get(BEGIN):
                begin()
            cursor.executemany(self.text, bound)
        except Exception as error:  # SQLAlchemy says which of its errors this is
            connection._handle_dbapi_exception(error, self.text, None, cursor, None)
        cursor.close()

    def first(self, cursor: DBAPICursor) -> tuple[Any, ...] | None:
        row = cursor.fetchone()
        cursor.close()
        return None if row is None else self._read(row)

    def all(self, cursor: DBAPICursor) -> list[tuple[Any, ...]]:
        rows = cursor.fetchall()
        cursor.close()
        return [self._read(row) for row in rows]

    def _read(self, row: Sequence[Any]) -> tuple[Any, ...]:
        read = list(row)
        for place, convert in self.results:
            read[place] = convert(read[place])
        return tuple(read)

    def _bind(self, values: Mapping[str, Any]) -> Any:
        bound = [
            values[name] if convert is None else convert(values[name])
            for name, convert in self.parameters
        ]
        return dict(zip(self.names, bound, strict=True)) if self.by_name else bound


def _compile(
    statement: Select[Any] | UpdateBase, dialect: Dialect, columns: Sequence[str] | None
) -> _Compiled:
    given: set[str] = set()
    if isinstance(statement, Select):
        written = _write_out(statement, given)
        compiled = written.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    else:
        compiled = statement.compile(dialect=dialect, column_keys=columns)
    placed: Sequence[str] | None = compiled.positiontup
    binds = {n: bind for n, bind in compiled.binds.items() if not bind.literal_execute}
    names = tuple(binds) if placed is None else tuple(placed)
    given |= {name for name, bind in binds.items() if bind.required}
    results = statement.selected_columns if isinstance(statement, Select) else ()
    read = [_reader(column.type, dialect) for column in results]
    return _Compiled(
        text=str(compiled),
        parameters=tuple((name, _writer(binds[name].type, dialect)) for name in names),
        names=names,
        by_name=placed is None,
        fixed={name: bind.value for name, bind in binds.items() if name not in given},
        results=tuple((n, convert) for n, convert in enumerate(read) if convert is not None),
    )


def _write_out(statement: Select[Any], given: set[str]) -> Select[Any]:
    """The statement with the values that it fixes itself in its text; `given` gets the names of
    those that come when it is run. Left as parameters, the fixed ones would make SQLite plan anew
    each time: whether a partial index serves depends on them."""

    def fix(bind: BindParameter[Any]) -> None:
        if bind.required:
            given.add(bind.key)
            bind.required = False
        else:
            bind.literal_execute = True

    return visitors.cloned_traverse(statement, {}, {"bindparam": fix})


def _writer(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    if isinstance(kind, Float):
        return (
            None  # both drivers give a float; asked without a row, PostgreSQL's type would object
        )
    return kind.dialect_impl(dialect).result_processor(dialect, None)
