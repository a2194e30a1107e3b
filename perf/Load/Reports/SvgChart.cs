using System.Globalization;
using System.Text;

namespace AiEdge.Load;

/// <summary>One line of a chart; its values are spread evenly over the width.</summary>
internal sealed record SvgLine(string Name, string Colour, IReadOnlyList<double> Values);

/// <summary>A plain line chart as inline SVG.</summary>
internal static class SvgChart
{
    private const double Left = 70;
    private const double Top = 10;
    private const double Width = 810;
    private const double Height = 240;

    public static string OverTime(IReadOnlyList<SecondOfRun> seconds, IReadOnlyList<SvgLine> lines, string unit)
    {
        var last = Math.Max(1, seconds.Count - 1);
        var step = Math.Max(1, seconds.Count / 10);
        var ticks = Enumerable.Range(0, seconds.Count).Where(i => i % step == 0)
            .Select(i => ((double)i / last, seconds[i].At.ToString("0", CultureInfo.InvariantCulture) + " s")).ToArray();
        return Draw(lines, ticks, unit, logarithmic: false);
    }

    /// <param name="lines">What to draw.</param>
    /// <param name="ticks">Marks on the x axis: places from 0 to 1, and their words.</param>
    /// <param name="unit">Stands behind the numbers of the y axis.</param>
    /// <param name="logarithmic">Whether the y axis counts decades.</param>
    public static string Draw(IReadOnlyList<SvgLine> lines, IReadOnlyList<(double Place, string Word)> ticks, string unit, bool logarithmic)
    {
        var values = lines.SelectMany(line => line.Values).Where(value => value > 0).DefaultIfEmpty(1).ToArray();
        var (low, high) = logarithmic
            ? (Math.Pow(10, Math.Floor(Math.Log10(values.Min()))), Math.Pow(10, Math.Ceiling(Math.Log10(values.Max()) + 1e-9)))
            : (0, Nice(values.Max()));
        double Y(double value) => Top + Height * (1 - (logarithmic ? Math.Log10(Math.Max(value, low) / low) / Math.Log10(high / low) : value / high));

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 900 300\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\">");
        foreach (var mark in logarithmic ? Decades(low, high) : Enumerable.Range(0, 6).Select(i => high * i / 5))
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Left + Width}\" y1=\"{Y(mark):0.0}\" y2=\"{Y(mark):0.0}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 6}\" y=\"{Y(mark) + 4:0.0}\" text-anchor=\"end\">{mark:0.####} {unit}</text>");
        }

        foreach (var (place, word) in ticks)
        {
            var x = Left + Width * place;
            svg.Append(CultureInfo.InvariantCulture, $"<line class=\"axis\" x1=\"{x:0.0}\" x2=\"{x:0.0}\" y1=\"{Top + Height}\" y2=\"{Top + Height + 5}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.0}\" y=\"{Top + Height + 18}\" text-anchor=\"middle\">{word}</text>");
        }

        for (var i = 0; i < lines.Count; i++)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke-width=\"2\" stroke=\"{lines[i].Colour}\" points=\"{Points(lines[i].Values, Y)}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + 150 * i}\" y=\"294\" style=\"fill:{lines[i].Colour}\">&#9632; {lines[i].Name}</text>");
        }

        return svg.Append("</svg>").ToString();
    }

    private static string Points(IReadOnlyList<double> values, Func<double, double> y)
    {
        var last = Math.Max(1, values.Count - 1);
        return string.Join(' ', values.Select((value, i) => string.Create(CultureInfo.InvariantCulture, $"{Left + Width * i / last:0.0},{y(value):0.0}")));
    }

    private static IEnumerable<double> Decades(double low, double high)
    {
        for (var mark = low; mark <= high * 1.001; mark *= 10)
            yield return mark;
    }

    /// <summary>The next of 1, 2, 5 times a power of ten.</summary>
    private static double Nice(double value)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return (value / power) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 } * power;
    }
}
