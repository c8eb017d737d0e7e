"""The three tables and the notes of an order export, as leaders know them from other apps (团购订单导出)."""

BUYERS = "顾客购买表"
GOODS = "商品汇总表"
POINTS = "服务小区商品汇总表"
NOTES = "说明"

BUYER_COLUMNS = (
    "下单人",
    "团员备注",
    "备注",
    "跟团号",
    "商品",
    "规格",
    "数量",
    "商品金额",
    "运费",
    "优惠",
    "订单金额",
    "退款金额",
    "物流方式",
    "服务小区",
    "服务小区联系人",
    "服务小区电话",
    "服务小区地址",
    "收货人",
    "联系电话",
    "详细地址",
    "团长",
    "房号（如606）",
    "楼号（如10）",
    "弄号（如168）",
)
GOODS_COLUMNS = (
    "团购标题",
    "所属团长",
    "商品",
    "商品ID",
    "商品编码",
    "规格",
    "分类",
    "总库存",
    "当前库存（总库存-销售数量）",
    "销售数量",
    "团当前单价",
    "商品总金额",
    "商品成本价",
    "商品利润粗估",
)
POINT_COLUMNS = (
    "团购标题",
    "服务小区",
    "服务小区联系人",
    "服务小区电话",
    "服务小区地址",
    "服务小区所属团长",
    "订单总数",
    "商品总金额",
    "优惠总金额",
    "订单总金额",
    "订单退款总金额",
    "商品总数",
)


def label_of(name: str, spec: str) -> str:
    """Return a product's name with its specification behind it: ``苹果(5斤装)``."""
    return f"{name}({spec})" if spec else name
