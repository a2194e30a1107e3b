namespace AiEdge.DataPlane.Core;

/// <summary>What the request was made into for a provider of another dialect.</summary>
internal sealed partial class Exchange
{
    /// <summary>Room for names that stays for the next exchange.</summary>
    private const int NamesBytesKept = 16 * 1024;

    private byte[] _translationLoss = [];
    private int _translationLossLength;
    private byte[] _fittedNames = [];
    private int _fittedNamesLength;

    /// <summary>Where the request goes that it was translated into; null where the provider speaks the client's dialect.</summary>
    public Endpoint? UpstreamEndpoint { get; set; }

    /// <summary>Names of what could not be carried between the dialects, with commas between; empty for nothing.</summary>
    public ReadOnlySpan<byte> TranslationLoss => _translationLoss.AsSpan(0, _translationLossLength);

    /// <summary>
    /// What each choice's output was capped at where its request was translated: the dialect wants a cap that nobody knew, or the client's is beyond what the
    /// model can give. 0 where it was not.
    /// </summary>
    public long TranslationCap { get; private set; }

    /// <summary>Names of functions that the provider was told in the place of the client's own, each with that, as their reader has it.</summary>
    public ReadOnlyMemory<byte> FittedNames => _fittedNames.AsMemory(0, _fittedNamesLength);

    /// <summary>The attempt's own, while another attempt has its place in the exchange.</summary>
    public AttemptTranslation Translation
    {
        get => new(UpstreamEndpoint, TranslationLoss.ToArray(), TranslationCap, FittedNames.ToArray());
        set
        {
            UpstreamEndpoint = value.Endpoint;
            SetTranslationLoss(value.Loss, value.Cap);
            SetFittedNames(value.Names);
        }
    }

    /// <summary>Nothing has been made of the request yet.</summary>
    public void ClearTranslation()
    {
        UpstreamEndpoint = null;
        _translationLossLength = _fittedNamesLength = 0;
        TranslationCap = 0;
    }

    /// <summary>Takes the names of what a request has lost; those of an attempt before are forgotten.</summary>
    /// <param name="names">The names.</param>
    /// <param name="outputCap">See <see cref="TranslationCap"/>.</param>
    public void SetTranslationLoss(ReadOnlySpan<byte> names, long outputCap = 0)
    {
        _translationLossLength = 0;
        TranslationCap = outputCap;
        AddTranslationLoss(names);
    }

    /// <summary>Takes the names of what an answer has lost.</summary>
    public void AddTranslationLoss(ReadOnlySpan<byte> names)
    {
        if (names.IsEmpty)
            return;
        var length = _translationLossLength + (_translationLossLength > 0 ? 1 : 0) + names.Length;
        if (_translationLoss.Length < length)
            Array.Resize(ref _translationLoss, length);
        if (_translationLossLength > 0)
            _translationLoss[_translationLossLength++] = (byte)',';
        names.CopyTo(_translationLoss.AsSpan(_translationLossLength));
        _translationLossLength = length;
    }

    /// <summary>Takes what the provider is told in the place of the client's names.</summary>
    public void SetFittedNames(ReadOnlySpan<byte> names)
    {
        if (_fittedNames.Length < names.Length)
            _fittedNames = new byte[Math.Max(names.Length, 2 * _fittedNames.Length)];
        names.CopyTo(_fittedNames);
        _fittedNamesLength = names.Length;
    }

    private void LetGoOfNames()
    {
        if (_fittedNames.Length > NamesBytesKept)
            _fittedNames = [];
    }
}

/// <summary>What one of several attempts has made of the request.</summary>
/// <param name="Endpoint">See <see cref="Exchange.UpstreamEndpoint"/>.</param>
/// <param name="Loss">See <see cref="Exchange.TranslationLoss"/>.</param>
/// <param name="Cap">See <see cref="Exchange.TranslationCap"/>.</param>
/// <param name="Names">See <see cref="Exchange.FittedNames"/>.</param>
internal readonly record struct AttemptTranslation(Endpoint? Endpoint, byte[]? Loss, long Cap, byte[]? Names);
