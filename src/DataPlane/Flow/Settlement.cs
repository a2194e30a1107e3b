using AiEdge.DataPlane.Admit;
using AiEdge.DataPlane.Core;
using AiEdge.DataPlane.Meter;

namespace AiEdge.DataPlane.Flow;

/// <summary>
/// The bill of an exchange: made once, on whichever way it ends, before its record. A prompt that nobody had to count is counted here,
/// if the provider did not report it and its body is still there.
/// </summary>
internal sealed class Settlement(ExchangeMeter meter, Admission admission)
{
    private Exchange _exchange = null!;
    private RequestBody _body = null!;
    private bool _counts;
    private bool _isMade;
    private bool _isUntold;

    /// <summary>Whether somebody needs to know what an answer without usage has cost.</summary>
    public bool Counts => _counts;

    public void Begin(Exchange exchange, RequestBody body)
    {
        _exchange = exchange;
        _body = body;
        _counts = _isMade = _isUntold = false;
    }

    /// <summary>The request is about to be sent; from now on it may cost something.</summary>
    public void Open(bool isMetered, bool isJournaled) => _counts = isMetered || isJournaled;

    /// <summary>
    /// The request is on its way, and nothing is to be done until the answer begins: time to count a prompt of which more is held than it may be.
    /// </summary>
    public void WhileWaiting()
    {
        if (admission.IsPressed)
            CountPrompt();
    }

    /// <summary>The request's body is let go: of a stream, whose usage may never come, the prompt is counted before.</summary>
    /// <returns>Whether it has been counted since the request was opened, which nobody was told.</returns>
    public bool BeforeLetGo()
    {
        if (_counts)
            CountPrompt();
        var isUntold = _isUntold;
        _isUntold = false;
        return isUntold;
    }

    /// <summary>An attempt ends with <paramref name="error"/> and another follows: what the provider may charge for it all the same.</summary>
    public void Attempt(EdgeError error)
    {
        CountPromptFor(error);
        Make(error);
    }

    /// <summary>
    /// An attempt was cancelled because another began sooner. To its provider that is what a client is that leaves before its answer begins, and is
    /// billed as such: the prompt.
    /// </summary>
    public void Outrun()
    {
        if (_counts && _exchange.SentAt != 0)
            CountPrompt();
        Make(EdgeError.Client(ErrorKind.ClientClosed));
    }

    /// <summary>An attempt's answer was whole, and is given up for a better model's: it costs what it would cost if it had been kept.</summary>
    public void Escalate()
    {
        if (_counts && !_exchange.Usage.IsPresent)
            CountPrompt();
        Make(default);
    }

    /// <summary>The exchange ends with <paramref name="error"/>. The first call makes the bill, later ones do nothing.</summary>
    public void Complete(EdgeError error)
    {
        if (_isMade)
            return;
        _isMade = true;
        CountPromptFor(error);
        Make(error);
        meter.EndPrompt(_exchange);
    }

    /// <summary>Each bill that there is is made here, and counted.</summary>
    private void Make(EdgeError error)
    {
        var bill = Billing.Of(_exchange, error);
        _exchange.Bill = bill;
        _exchange.Target?.State?.OnBill(bill);
    }

    private void CountPromptFor(EdgeError error)
    {
        if (_counts && Billing.MayCost(_exchange, error) && !_exchange.Usage.IsPresent)
            CountPrompt();
    }

    private void CountPrompt()
    {
        if (!_exchange.PromptIsCounted && _body.Intake?.Scan.Prompt is { } prompt)
        {
            _isUntold = true;
            admission.OnPromptCounted(meter.CountPrompt(_exchange, prompt, _body.Bytes));
        }
    }
}
