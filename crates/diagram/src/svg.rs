//! Diagrams as SVG.

use std::fmt::Write;

use crate::layout::{Area, LINE, TITLE, layout};
use crate::{Diagram, Kind};

const MARGIN: f64 = 20.0;
/// The title of the diagram.
const HEAD: f64 = 28.0;

/// A picture that stands alone: its own font and colours, no script.
pub(crate) fn svg(diagram: &Diagram) -> String {
    let layout = layout(diagram);
    let title = crate::layout::text_width(&diagram.title) * 1.4;
    let width = layout.size.width.max(title) + 2.0 * MARGIN;
    let height = layout.size.height + HEAD + 2.0 * MARGIN;
    let mut out = Picture(String::new());
    out.line(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"11\">"
    ));
    out.line(&format!("<title>{}</title>", xml(&diagram.title)));
    out.line(
        "<defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" fill=\"#556\"/></marker></defs>",
    );
    out.line(&format!("<rect width=\"{width:.0}\" height=\"{height:.0}\" fill=\"#fff\"/>"));
    out.line(&format!(
        "<text x=\"{MARGIN}\" y=\"{:.0}\" font-size=\"15\" font-weight=\"bold\">{}</text>",
        MARGIN + 10.0,
        xml(&diagram.title)
    ));
    out.line(&format!("<g transform=\"translate({MARGIN} {})\">", MARGIN + HEAD));
    for (group, area) in diagram.groups.iter().zip(&layout.groups) {
        out.rect(*area, "fill=\"#445\" fill-opacity=\"0.05\" stroke=\"#889\"");
        out.text(area.x + 10.0, area.y + TITLE - 4.0, "font-weight=\"bold\"", &group.label);
        let after = area.x + 20.0 + crate::layout::text_width(&group.label);
        out.text(after, area.y + TITLE - 4.0, "fill=\"#667\"", &group.detail);
    }
    for edge in &diagram.edges {
        let dash = if edge.order_only { " stroke-dasharray=\"4 3\"" } else { "" };
        let path = curve(layout.nodes[edge.from], layout.nodes[edge.to]);
        out.line(&format!(
            "<path d=\"{path}\" fill=\"none\" stroke=\"#556\" stroke-opacity=\"0.7\"{dash} marker-end=\"url(#tip)\"/>"
        ));
    }
    for (node, area) in diagram.nodes.iter().zip(&layout.nodes) {
        out.rect(
            *area,
            match node.kind {
                Kind::Resource => "fill=\"#eef4ff\" stroke=\"#5577aa\"",
                Kind::Construct => "fill=\"#e6f4ea\" stroke=\"#3c7a52\" stroke-width=\"2\"",
                Kind::Stack => "fill=\"#fff6e0\" stroke=\"#a5792a\"",
                Kind::Outside => "fill=\"#f4f4f4\" stroke=\"#888\" stroke-dasharray=\"4 3\"",
            },
        );
        out.text(area.x + 10.0, area.y + LINE + 2.0, "", &node.label);
        out.text(area.x + 10.0, area.y + 2.0 * LINE + 2.0, "fill=\"#667\"", &node.detail);
    }
    out.line("</g>");
    out.line("</svg>");
    out.0
}

struct Picture(String);

impl Picture {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn rect(&mut self, area: Area, look: &str) {
        let Area { x, y, width, height } = area;
        let _ = writeln!(
            self.0,
            "<rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" rx=\"5\" {look}/>"
        );
    }

    fn text(&mut self, x: f64, y: f64, look: &str, text: &str) {
        if !text.is_empty() {
            let space = if look.is_empty() { "" } else { " " };
            let _ = writeln!(self.0, "<text x=\"{x:.0}\" y=\"{y:.0}\"{space}{look}>{}</text>", xml(text));
        }
    }
}

/// From below the one to above the other; between neighbours from side to side; upwards round the side.
fn curve(from: Area, to: Area) -> String {
    let (from_x, to_x) = (from.x + from.width / 2.0, to.x + to.width / 2.0);
    if to.y >= from.y + from.height {
        let (start, end) = (from.y + from.height, to.y);
        let bend = ((end - start) / 2.0).clamp(8.0, 60.0);
        return format!(
            "M{from_x:.0} {start:.0}C{from_x:.0} {:.0} {to_x:.0} {:.0} {to_x:.0} {end:.0}",
            start + bend,
            end - bend
        );
    }
    let (from_y, to_y) = (from.y + from.height / 2.0, to.y + to.height / 2.0);
    let (start, end) = if from_x <= to_x { (from.x + from.width, to.x) } else { (from.x, to.x + to.width) };
    let bend = if from_x <= to_x { 12.0 } else { -12.0 };
    format!("M{start:.0} {from_y:.0}C{:.0} {from_y:.0} {:.0} {to_y:.0} {end:.0} {to_y:.0}", start + bend, end - bend)
}

fn xml(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            '\'' => "&#39;".to_owned(),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => "\u{fffd}".to_owned(),
            c => c.to_string(),
        })
        .collect()
}
