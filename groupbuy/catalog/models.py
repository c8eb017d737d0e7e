"""Suppliers, categories, brands and products."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from groupbuy.db import Base


class Supplier(Base):
    """Who delivers; ``min_order_fen`` is the least worth of a purchase order, ``terms`` how it is paid.

    ``minimum_policy`` is what the close does with an order below that worth: hold it for a decision,
    cancel its goods, extend the round, or top it up with goods that keep.
    """

    __tablename__ = "supplier"
    __table_args__ = (
        CheckConstraint("min_order_fen >= 0", name="min_order"),
        CheckConstraint("minimum_policy IN ('hold', 'cancel', 'extend', 'top_up')", name="minimum_policy"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    contact: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    min_order_fen: Mapped[int] = mapped_column(default=0)
    minimum_policy: Mapped[str] = mapped_column(default="hold", server_default="hold")
    terms: Mapped[str | None]
    active: Mapped[bool] = mapped_column(default=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class SupplierLicence(Base):
    """A licence of a supplier (证照); ``expires_on`` is its last day, None for one without end.

    ``path`` is that of an uploaded picture. One that was entered by mistake is ``withdrawn`` and counts
    no more.
    """

    __tablename__ = "supplier_licence"
    __table_args__ = (
        CheckConstraint("kind IN ('business', 'food', 'production', 'other')", name="kind"),
        Index("ix_supplier_licence_supplier", "supplier_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"))
    kind: Mapped[str]
    number: Mapped[str]
    expires_on: Mapped[date | None]
    path: Mapped[str | None]
    withdrawn: Mapped[bool] = mapped_column(default=False)
    added_at: Mapped[datetime]
    actor: Mapped[str]


class SupplierBank(Base):
    """Where a supplier is paid to; shown masked, changed only by who has just signed in again."""

    __tablename__ = "supplier_bank"

    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), primary_key=True, autoincrement=False)
    holder: Mapped[str]
    bank: Mapped[str]
    account: Mapped[str]


class Category(Base):
    """A shelf of the catalogue; for ``after_sale_hours`` after the pickup its goods may be complained about.

    Without them it is the days under the figures of money. Perishables that nobody has fetched may be
    disposed of ``dispose_hours`` after they arrived, None is never; with ``dispose_refund`` what they cost
    is paid back then.
    """

    __tablename__ = "category"
    __table_args__ = (
        CheckConstraint("after_sale_hours > 0", name="after_sale_hours"),
        CheckConstraint("dispose_hours > 0", name="dispose_hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    sort: Mapped[int] = mapped_column(default=0)
    after_sale_hours: Mapped[int | None]
    dispose_hours: Mapped[int | None]
    dispose_refund: Mapped[bool] = mapped_column(default=False, server_default=text("false"))


class Brand(Base):
    """A maker's name."""

    __tablename__ = "brand"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class Product(Base):
    """What can be offered. Prices are per sale unit; ``case_size`` counts sale units.

    A weighed product is ordered in pieces of about ``est_grams`` and priced per ``price_basis_g``; one
    that was imported without these has a fixed price per sale unit.
    ``picture`` is a path below the static folder, such as ``vendor/food/apple.webp``. What ``keeps`` may lie
    in stock from one round to another: only of such goods the next close uses up what is left.
    ``dispose_hours`` and ``dispose_refund`` take the place of the category's; None leaves it to that, 0 is
    never. ``shelf_place`` is where it stands on the shelves (货位) of the main warehouse, such as ``A-03-2``.
    It is the product's and not a stock's: a round is picked once, in that one place, and most of its goods
    were never in stock.
    """

    __tablename__ = "product"
    __table_args__ = (
        CheckConstraint("case_size > 0", name="case_size"),
        CheckConstraint("cost_fen >= 0 AND price_fen >= 0", name="prices"),
        CheckConstraint("state IN ('draft', 'reviewed', 'on_shelf', 'off_shelf')", name="state"),
        CheckConstraint("dispose_hours >= 0", name="dispose_hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    spec: Mapped[str | None]
    unit: Mapped[str] = mapped_column(default="份")
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"), index=True)
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id"))
    supplier_id: Mapped[int] = mapped_column(ForeignKey("supplier.id"), index=True)
    case_size: Mapped[int] = mapped_column(default=1)
    cost_fen: Mapped[int]
    price_fen: Mapped[int]
    list_price_fen: Mapped[int | None]
    barcode: Mapped[str | None]
    temperature_zone: Mapped[str] = mapped_column(default="常温")
    shelf_place: Mapped[str | None]
    weighed: Mapped[bool] = mapped_column(default=False)
    keeps: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    est_grams: Mapped[int | None]
    price_basis_g: Mapped[int | None]
    picture: Mapped[str | None]
    description: Mapped[str | None]
    dispose_hours: Mapped[int | None]
    dispose_refund: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    state: Mapped[str] = mapped_column(default="on_shelf")
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]

    @property
    def weight_terms(self) -> tuple[int | None, int | None]:
        """Return for how many grams its price is and what a piece weighs about; None where it is fixed."""
        if self.weighed and self.est_grams and self.price_basis_g:
            return self.price_basis_g, self.est_grams
        return None, None

    supplier: Mapped[Supplier] = relationship()
    category: Mapped[Category | None] = relationship()
    brand: Mapped[Brand | None] = relationship()


class ProductSourcing(Base):
    """How the need of a product with several suppliers is split: by ``share``, or the cheapest first.

    Without a row there is one supplier. ``daily_limit`` is how many sale units of it the main supplier
    delivers for one day, None for any number.
    """

    __tablename__ = "product_sourcing"
    __table_args__ = (
        CheckConstraint("split_by IN ('share', 'price')", name="split_by"),
        CheckConstraint("daily_limit >= 0", name="daily_limit"),
    )

    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True, autoincrement=False)
    split_by: Mapped[str]
    daily_limit: Mapped[int | None]

    sources: Mapped[list["ProductSource"]] = relationship(
        order_by="ProductSource.supplier_id", cascade="all, delete-orphan"
    )


class ProductSource(Base):
    """A further supplier of a product (备选供应商) with its own cost in fen per sale unit and its own case.

    ``share_bp`` is its part of the need; the main supplier has what is left of the whole.
    """

    __tablename__ = "product_source"
    __table_args__ = (
        CheckConstraint("cost_fen >= 0", name="cost"),
        CheckConstraint("case_size > 0", name="case_size"),
        CheckConstraint("share_bp BETWEEN 0 AND 10000", name="share"),
        CheckConstraint("daily_limit >= 0", name="daily_limit"),
    )

    product_id: Mapped[int] = mapped_column(
        ForeignKey("product_sourcing.product_id"), primary_key=True, autoincrement=False
    )
    supplier_id: Mapped[int] = mapped_column(
        ForeignKey("supplier.id"), primary_key=True, autoincrement=False, index=True
    )
    cost_fen: Mapped[int]
    case_size: Mapped[int]
    share_bp: Mapped[int] = mapped_column(default=0)
    daily_limit: Mapped[int | None]

    supplier: Mapped[Supplier] = relationship()
