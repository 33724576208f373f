"""A small FastAPI application whose orders are approved together with a governed project.

The order's row and flowgov's record are written in the same transaction: both are there, or neither.
Run it with ``uvicorn fastapi_orders:app`` beside a database made by ``flowgov init``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from flowgov import Conflict, Engine, FlowgovError, NotFound, Refused


class Base(DeclarativeBase):
    """The host's own tables."""


class Order(Base):
    """What was ordered for a project."""

    __tablename__ = "purchase_order"

    id: Mapped[int] = mapped_column(primary_key=True)
    project: Mapped[str]
    item: Mapped[str]
    status: Mapped[str] = mapped_column(default="requested")


class UnknownOrder(Exception):
    """There is no such order."""


URL = os.environ.get("ORDERS_DATABASE", "sqlite:///governance.db")
database = create_engine(URL)
governance = Engine.open(URL)
app = FastAPI(title="Orders")


def unit() -> Iterator[Session]:
    """One transaction for each request: committed if the request succeeds, rolled back if it raises."""
    with Session(database) as session, session.begin():
        yield session


# by default FastAPI ends a dependency after the answer is sent, and an answer must not come before the commit
Unit = Annotated[Session, Depends(unit, scope="function")]
# behind your own authentication; a header keeps the example short
User = Annotated[str, Header(alias="X-User")]


@app.post("/orders", status_code=201)
def request_order(session: Unit, project: str, item: str) -> dict[str, Any]:
    """Order something for a project."""
    order = Order(project=governance.project(project, session=session).key, item=item)
    session.add(order)
    session.flush()
    return shown(order)


@app.get("/orders/{number}")
def show_order(session: Unit, number: int) -> dict[str, Any]:
    """One order."""
    return shown(found(session, number))


@app.post("/orders/{number}/approve")
def approve_order(session: Unit, user: User, number: int) -> dict[str, Any]:
    """Approve an order: that is the decision to validate its project's need, in the same transaction."""
    order = found(session, number)
    order.status = "approved"
    receipt = governance.move(order.project, "validate_need", by=user, session=session)
    return {**shown(order), "state": receipt.target, "record": receipt.hash}


@app.exception_handler(FlowgovError)
def answer(_: Request, error: FlowgovError) -> JSONResponse:
    """Every error of flowgov's, with what a program needs to know of it."""
    status = {NotFound: 404, Refused: 409, Conflict: 409}
    code = next((number for kind, number in status.items() if isinstance(error, kind)), 503 if error.retryable else 400)
    content: dict[str, Any] = {"error": error.code, "message": error.message(), "retry": error.retryable}
    if isinstance(error, Refused):
        content["blockers"] = [
            {"code": b.code, "message": b.message(), "roles": b.roles, "holders": b.holders}
            for b in error.decision.blockers
        ]
    return JSONResponse(content, code)


@app.exception_handler(UnknownOrder)
def not_there(_: Request, __: UnknownOrder) -> JSONResponse:
    """An order that does not exist."""
    return JSONResponse({"error": "not_found", "message": "There is no such order."}, 404)


def found(session: Session, number: int) -> Order:
    """
    Raises:
        UnknownOrder: there is no such order.
    """
    order = session.get(Order, number)
    if order is None:
        raise UnknownOrder(number)
    return order


def shown(order: Order) -> dict[str, Any]:
    """An order as people see it."""
    return {"id": order.id, "project": order.project, "item": order.item, "status": order.status}
