"""Every module with tables, so that the metadata is complete for migrations."""

from groupbuy.accounts import models as accounts
from groupbuy.aftersales import models as aftersales
from groupbuy.audit import models as audit
from groupbuy.campaigns import history_models, source_models
from groupbuy.campaigns import models as campaigns
from groupbuy.catalog import models as catalog
from groupbuy.commissions import models as commissions
from groupbuy.delivery import models as delivery
from groupbuy.finance import models as finance
from groupbuy.http import models as http
from groupbuy.invoicing import models as invoicing
from groupbuy.jobs import models as jobs
from groupbuy.leaders import models as leaders
from groupbuy.members import models as members
from groupbuy.messaging import models as messaging
from groupbuy.notices import models as notices
from groupbuy.orders import models as orders
from groupbuy.payments import models as payments
from groupbuy.pickup import models as pickup
from groupbuy.purchasing import models as purchasing
from groupbuy.settlements import models as settlements
from groupbuy.warehouse import models as warehouse
from groupbuy.warehouse import shortage_models
from groupbuy.weighing import models as weighing

ALL = (
    accounts,
    aftersales,
    audit,
    campaigns,
    catalog,
    commissions,
    delivery,
    finance,
    history_models,
    http,
    invoicing,
    jobs,
    leaders,
    members,
    messaging,
    notices,
    orders,
    payments,
    pickup,
    purchasing,
    settlements,
    shortage_models,
    source_models,
    warehouse,
    weighing,
)
