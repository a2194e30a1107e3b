using System.Text;
using AiEdge.Tokenization.Tests.Golden;

namespace AiEdge.Tokens.Corpora;

/// <summary>Sentences of common words, the earlier in the list the more often, with single characters between them, numbers and full-width marks.</summary>
internal sealed class ChineseText : ICorpus
{
    private const string Words =
        "的 是 在 了 不 我们 他们 一个 这个 可以 没有 问题 时间 工作 公司 系统 数据 服务 用户 需要 进行 已经 但是 因为 所以 如果 就是 什么 自己 发展 "
        + "中国 社会 经济 技术 管理 信息 网络 市场 企业 产品 研究 方法 结果 分析 设计 使用 提供 支持 实现 功能 程序 代码 文件 请求 响应 错误 配置 模型 训练 测试 "
        + "学习 学生 老师 学校 教育 文化 历史 城市 国家 政府 政策 法律 安全 环境 健康 医院 医生 病人 生活 家庭 孩子 父母 朋友 今天 明天 昨天 现在 以后 以前 开始 "
        + "结束 继续 变化 影响 作用 条件 情况 关系 部分 方面 内容 形式 原因 目的 意义 价值 水平 能力 质量 数量 速度 温度 压力 空间 区域 方向 位置 北京 上海 广州 "
        + "银行 资金 投资 贷款 利率 价格 成本 收入 利润 增长 下降 百分之 左右 大约 超过 不足 非常 特别 尤其 比较 更加 逐渐 突然 终于 其实 当然 也许 可能 应该 必须 "
        + "天气 下雨 阳光 风景 山水 河流 海洋 动物 植物 食物 米饭 面条 水果 蔬菜 茶叶 咖啡 音乐 电影 书籍 小说 诗歌 新闻 报纸 电话 手机 电脑 汽车 火车 飞机 道路 "
        + "看见 听说 知道 认为 觉得 希望 喜欢 帮助 告诉 回答 讨论 决定 选择 准备 完成 打开 关闭 发送 接收 保存 删除 修改 增加 减少 处理 运行 停止 等待 检查 人工智能 互联网 "
        + "大规模 高性能 计算机 科学家 工程师 负责人 消费者 供应链 可持续 全球化 标准化 数据库 操作系统 编程语言 神经网络 自然语言 机器学习 云计算";

    private const string Characters =
        "一二三四五六七八九十百千万年月日时分上下左右大小多少人口手心天地水火木金土山石田风云雨雪春夏秋冬东西南北前后里外来去出入开关长短高低新旧好坏快慢远近黑白红蓝绿黄"
        + "说话读写听看走跑坐站吃喝睡醒买卖做用给让被把从到对为与和或且却而于其之者也都又再还才只很太最更每各某另此那哪谁怎么吗呢吧啊呀嘛得着过将要会能想愿敢肯该";

    private static readonly string[] List = Words.Split(' ');
    private static readonly string[] Marks = ["，", "，", "，", "。", "。", "、", "；", "：", "？", "！", "（", "）", "“", "”", "\n"];

    public byte[] Make(SeededRandom random, int bytes)
    {
        var text = new StringBuilder((bytes / 3) + 16);
        int perSentence = random.Between(3, 9);
        while (text.Length * 3 < bytes)
        {
            // The square of an even draw prefers the front of the list, about as speech does.
            int draw = random.Below(1 << 16);
            text.Append(random.Below(10) switch
            {
                < 6 => List[(int)((long)draw * draw * List.Length >> 32)],
                < 9 => Characters.AsSpan(random.Below(Characters.Length), 1),
                _ => random.OneIn(3) ? random.Below(3000).ToString(System.Globalization.CultureInfo.InvariantCulture) : "的",
            });
            if (--perSentence > 0)
                continue;
            text.Append(random.Pick(Marks));
            perSentence = random.Between(3, 9);
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
