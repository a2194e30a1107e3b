using AiEdge.DataPlane.Core;

namespace AiEdge.DataPlane.Meter;

/// <summary>What the last exchange's tokens were counted with: the next one is mostly for the same model, and need not look it up.</summary>
internal struct KnownTokenizer
{
    private ModelModel? _model;
    private TargetModel? _target;
    private byte[]? _passed;
    private int _passedLength;
    private ModelTokenizer _tokenizer;

    /// <summary>As <see cref="ModelTokenizer.Of"/>, which depends on nothing else than is compared.</summary>
    public ModelTokenizer Of(Exchange exchange)
    {
        if (_passed is { } passed && ReferenceEquals(_target, exchange.Target) && ReferenceEquals(_model, exchange.Model)
            && passed.AsSpan(0, _passedLength).SequenceEqual(exchange.PassedModel))
            return _tokenizer;
        _tokenizer = ModelTokenizer.Of(exchange);
        (_model, _target) = (exchange.Model, exchange.Target);
        _passedLength = exchange.PassedModel.Length;
        if (_passed is null || _passed.Length < _passedLength)
            _passed = new byte[Math.Max(64, _passedLength)];
        exchange.PassedModel.CopyTo(_passed);
        return _tokenizer;
    }
}
