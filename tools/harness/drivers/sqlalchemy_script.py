"""SQLAlchemy over psycopg2: tables made by the ORM, rows, queries, and what reflection finds."""
import datetime
import decimal

import sqlalchemy as sa
from common import URL, step
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, declarative_base

engine = sa.create_engine("postgresql+psycopg2://" + URL)
Base = declarative_base()


class Parent(Base):
    __tablename__ = "parent"
    id = sa.Column(sa.Integer, primary_key=True)
    name = sa.Column(sa.String(50), unique=True, nullable=False)
    created = sa.Column(sa.DateTime(timezone=True), server_default=sa.func.now())
    score = sa.Column(sa.Numeric(10, 2), index=True)


class Kinds(Base):
    __tablename__ = "kinds"
    a = sa.Column(sa.BigInteger, primary_key=True, autoincrement=False)
    b = sa.Column(postgresql.JSONB)
    c = sa.Column(postgresql.ARRAY(sa.Integer))
    d = sa.Column(postgresql.UUID)
    e = sa.Column(sa.LargeBinary)
    f = sa.Column(sa.Interval)
    g = sa.Column(sa.Date)
    h = sa.Column(sa.Time)
    i = sa.Column(sa.Boolean, default=True)
    j = sa.Column(sa.Float)
    k = sa.Column(sa.Text, server_default="x")


class Keyed(Base):
    __tablename__ = "keyed"
    a = sa.Column(sa.Integer, primary_key=True)
    b = sa.Column(sa.String, primary_key=True)
    c = sa.Column(sa.Integer)
    __table_args__ = (sa.UniqueConstraint("b", "c", name="uq_bc"), sa.Index("ix_c", "c"))


@step("create_all, twice")
def _():
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)


@step("insert by the ORM")
def _():
    with Session(engine) as session:
        parents = [Parent(name=f"n{i}", score=decimal.Decimal("1.50")) for i in range(5)]
        session.add_all(parents)
        session.add(Kinds(a=1, b={"x": [1]}, c=[1, 2], d="00000000-0000-0000-0000-000000000003", e=b"\0\1", f=datetime.timedelta(days=1, seconds=5),
                          g=datetime.date(2024, 1, 1), h=datetime.time(1, 2), j=1.5))
        session.commit()
        kinds = session.get(Kinds, 1)
        return [parent.id for parent in parents], [getattr(kinds, name) for name in "abcdefghijk"]


@step("query by the ORM")
def _():
    with Session(engine) as session:
        first = session.scalars(sa.select(Parent).where(Parent.name.in_(["n1", "n2"])).order_by(Parent.id)).first()
        first.name = "changed"
        session.commit()
        return session.execute(sa.select(Parent.name, sa.func.count()).group_by(Parent.name).order_by(Parent.name).limit(2).offset(1)).all(), \
            session.scalar(sa.select(sa.func.count()).select_from(Parent).where(Parent.name.ilike("CH%"))), \
            session.scalars(sa.select(Kinds.a).where(Kinds.b["x"][0].as_integer() == 1)).all()


@step("savepoint")
def _():
    with Session(engine) as session:
        try:
            with session.begin_nested():
                session.add(Parent(name="n0"))
        except sa.exc.IntegrityError as error:
            found = type(error.orig).__name__
        session.add(Parent(name="after"))
        session.commit()
        return found


@step("upsert")
def _():
    with engine.begin() as connection:
        insert = postgresql.insert(Parent.__table__).values(name="changed", score=9)
        insert = insert.on_conflict_do_update(index_elements=["name"], set_={"score": insert.excluded.score}).returning(Parent.__table__.c.score)
        return connection.execute(insert).scalar()


@step("many rows, streamed")
def _():
    with engine.begin() as connection:
        connection.execute(sa.insert(Keyed.__table__), [{"a": i, "b": "b", "c": i + 1} for i in range(50)])
    with engine.connect().execution_options(stream_results=True) as connection:
        return sum(len(part) for part in connection.execute(sa.select(Keyed.__table__)).partitions(10))


for level in ("AUTOCOMMIT", "REPEATABLE READ", "SERIALIZABLE", "READ COMMITTED"):
    @step(f"isolation {level}")
    def _():
        with engine.connect().execution_options(isolation_level=level) as connection:
            return connection.get_isolation_level(), connection.scalar(sa.text("SELECT 1"))

with engine.begin() as connection:
    connection.execute(sa.text("CREATE VIEW seen AS SELECT id, name FROM parent"))
inspector = sa.inspect(engine)
for table in ("parent", "kinds", "keyed", "seen"):
    for method in ("get_columns", "get_pk_constraint", "get_indexes", "get_unique_constraints", "get_foreign_keys", "get_check_constraints", "get_table_comment"):
        @step(f"{method} {table}")
        def _():
            found = getattr(inspector, method)(table)
            return [sorted((name, str(value)) for name, value in item.items()) for item in found] if isinstance(found, list) else found
for method, arguments in [("get_view_names", ()), ("get_temp_table_names", ()), ("get_enums", ()), ("get_columns", ("nosuch",)),
                          ("has_table", ("parent",)), ("has_table", ("nosuch",)), ("has_sequence", ("parent_id_seq",))]:
    @step(f"{method} {arguments}")
    def _():
        found = getattr(inspector, method)(*arguments)
        return sorted(found) if isinstance(found, list) else found


@step("reflect")
def _():
    metadata = sa.MetaData()
    metadata.reflect(engine, only=lambda name, _: name in ("parent", "kinds", "keyed"))
    return sorted((table.name, [column.name for column in table.columns], [column.name for column in table.primary_key]) for table in metadata.tables.values())


@step("drop_all")
def _():
    with engine.begin() as connection:
        connection.execute(sa.text("DROP VIEW seen"))
    Base.metadata.drop_all(engine)
