"""Who brings the goods of an offer, where its product has further suppliers."""

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.catalog.models import Supplier
from groupbuy.db import Base


class OfferSourcing(Base):
    """How the need of an offer is split, as its product's was when the offer was made; see ProductSourcing.

    Without a row there was one supplier.
    """

    __tablename__ = "offer_sourcing"
    __table_args__ = (
        CheckConstraint("split_by IN ('share', 'price')", name="split_by"),
        CheckConstraint("daily_limit >= 0", name="daily_limit"),
    )

    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), primary_key=True, autoincrement=False)
    split_by: Mapped[str]
    daily_limit: Mapped[int | None]

    sources: Mapped[list["OfferSource"]] = relationship(order_by="OfferSource.supplier_id", viewonly=True)


class OfferSource(Base):
    """What was agreed with a further supplier when the offer was made; see ProductSource."""

    __tablename__ = "offer_source"
    __table_args__ = (
        CheckConstraint("cost_fen >= 0", name="cost"),
        CheckConstraint("case_size > 0", name="case_size"),
        CheckConstraint("share_bp BETWEEN 0 AND 10000", name="share"),
        CheckConstraint("daily_limit >= 0", name="daily_limit"),
    )

    offer_id: Mapped[int] = mapped_column(
        ForeignKey("offer_sourcing.offer_id"), primary_key=True, autoincrement=False
    )
    supplier_id: Mapped[int] = mapped_column(
        ForeignKey("supplier.id"), primary_key=True, autoincrement=False, index=True
    )
    cost_fen: Mapped[int]
    case_size: Mapped[int]
    share_bp: Mapped[int]
    daily_limit: Mapped[int | None]

    supplier: Mapped[Supplier] = relationship()
