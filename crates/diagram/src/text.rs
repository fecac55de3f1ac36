//! Diagrams as text: an indented list, Mermaid, DOT.

use std::collections::BTreeMap;

use crate::{Diagram, Kind, Node};

/// An indented list: groups, nodes, and after an arrow what each node reads or waits for.
pub(crate) fn text(diagram: &Diagram) -> String {
    let mut labels: BTreeMap<&str, usize> = BTreeMap::new();
    diagram.nodes.iter().for_each(|node| *labels.entry(&node.label).or_default() += 1);
    let name = |node: usize| {
        let node = &diagram.nodes[node];
        let unique = labels.get(node.label.as_str()).is_some_and(|&count| count == 1);
        match node.group.filter(|_| node.kind == Kind::Stack && node.detail.is_empty()) {
            Some(group) => format!("{}.{}", diagram.groups[group].label, node.label),
            None if unique || node.detail.is_empty() => node.label.clone(),
            None => format!("{} ({})", node.label, node.detail),
        }
    };
    let mut needs: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for edge in &diagram.edges {
        let waits = if edge.order_only { " (order only)" } else { "" };
        needs.entry(edge.to).or_default().push(format!("{}{waits}", name(edge.from)));
    }
    let mut out = Writer::new();
    out.line(&diagram.title);
    list(diagram, None, &needs, &mut out);
    out.text
}

fn list(diagram: &Diagram, group: Option<usize>, needs: &BTreeMap<usize, Vec<String>>, out: &mut Writer) {
    out.indent += 1;
    for inner in diagram.groups_in(group) {
        out.line(&apart(&diagram.groups[inner].label, &diagram.groups[inner].detail));
        list(diagram, Some(inner), needs, out);
    }
    for node in diagram.nodes_in(group) {
        let mut line = apart(&diagram.nodes[node].label, &diagram.nodes[node].detail);
        if let Some(needs) = needs.get(&node) {
            line = format!("{line}  <- {}", needs.join(", "));
        }
        out.line(&line);
    }
    out.indent -= 1;
}

fn apart(label: &str, detail: &str) -> String {
    if detail.is_empty() { label.to_owned() } else { format!("{label}  {detail}") }
}

/// A Mermaid flow chart.
pub(crate) fn mermaid(diagram: &Diagram) -> String {
    let mut out = Writer::new();
    out.line("---");
    out.line(&format!("title: \"{}\"", diagram.title.replace('\\', "\\\\").replace('"', "\\\"")));
    out.line("---");
    out.line("flowchart TD");
    mermaid_group(diagram, None, &mut out);
    out.indent += 1;
    for edge in &diagram.edges {
        let arrow = if edge.order_only { "-.->" } else { "-->" };
        out.line(&format!("n{} {arrow} n{}", edge.from, edge.to));
    }
    for (kind, class, style) in
        [(Kind::Construct, "construct", "stroke-width:2px"), (Kind::Outside, "outside", "stroke-dasharray:4 3")]
    {
        let members: Vec<String> = with_kind(diagram, kind).map(|node| format!("n{node}")).collect();
        if !members.is_empty() {
            out.line(&format!("classDef {class} {style}"));
            out.line(&format!("class {} {class}", members.join(",")));
        }
    }
    out.text
}

fn mermaid_group(diagram: &Diagram, group: Option<usize>, out: &mut Writer) {
    out.indent += 1;
    for inner in diagram.groups_in(group) {
        let label = two_lines(&diagram.groups[inner].label, &diagram.groups[inner].detail, mermaid_text, "<br/>");
        out.line(&format!("subgraph g{inner}[\"{label}\"]"));
        mermaid_group(diagram, Some(inner), out);
        out.line("end");
    }
    for node in diagram.nodes_in(group) {
        let Node { label, detail, .. } = &diagram.nodes[node];
        out.line(&format!("n{node}[\"{}\"]", two_lines(label, detail, mermaid_text, "<br/>")));
    }
    out.indent -= 1;
}

/// Entity codes as Mermaid knows them, for all that has a meaning within its quotes.
fn mermaid_text(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' => "#quot;".to_owned(),
            '<' => "#lt;".to_owned(),
            '>' => "#gt;".to_owned(),
            '&' => "#amp;".to_owned(),
            '#' | '`' | '\\' | '[' | ']' | '{' | '}' | '(' | ')' | ';' => format!("#{};", u32::from(c)),
            c if c.is_control() => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

/// A Graphviz graph.
pub(crate) fn dot(diagram: &Diagram) -> String {
    let mut out = Writer::new();
    out.line(&format!("digraph \"{}\" {{", dot_text(&diagram.title)));
    out.indent += 1;
    out.line(&format!("label=\"{}\"; labelloc=t; rankdir=TB; fontname=\"sans-serif\";", dot_text(&diagram.title)));
    out.line("node [shape=box, style=rounded, fontname=\"sans-serif\", fontsize=10];");
    out.indent -= 1;
    dot_group(diagram, None, &mut out);
    out.indent += 1;
    for edge in &diagram.edges {
        let style = if edge.order_only { " [style=dashed]" } else { "" };
        out.line(&format!("n{} -> n{}{style};", edge.from, edge.to));
    }
    out.indent -= 1;
    out.line("}");
    out.text
}

fn dot_group(diagram: &Diagram, group: Option<usize>, out: &mut Writer) {
    out.indent += 1;
    for inner in diagram.groups_in(group) {
        let label = two_lines(&diagram.groups[inner].label, &diagram.groups[inner].detail, dot_text, "\\n");
        out.line(&format!("subgraph cluster_{inner} {{ label=\"{label}\";"));
        dot_group(diagram, Some(inner), out);
        out.line("}");
    }
    for node in diagram.nodes_in(group) {
        let Node { label, detail, kind, .. } = &diagram.nodes[node];
        let style = match kind {
            Kind::Construct => ", style=\"rounded,bold\"",
            Kind::Outside => ", style=\"rounded,dashed\"",
            Kind::Resource | Kind::Stack => "",
        };
        out.line(&format!("n{node} [label=\"{}\"{style}];", two_lines(label, detail, dot_text, "\\n")));
    }
    out.indent -= 1;
}

fn dot_text(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '"' | '\\' => format!("\\{c}"),
            c if c.is_control() => " ".to_owned(),
            c => c.to_string(),
        })
        .collect()
}

fn two_lines(label: &str, detail: &str, escape: fn(&str) -> String, between: &str) -> String {
    if detail.is_empty() { escape(label) } else { format!("{}{between}{}", escape(label), escape(detail)) }
}

fn with_kind(diagram: &Diagram, kind: Kind) -> impl Iterator<Item = usize> + '_ {
    (0..diagram.nodes.len()).filter(move |&node| diagram.nodes[node].kind == kind)
}

/// Lines, indented.
struct Writer {
    text: String,
    indent: usize,
}

impl Writer {
    fn new() -> Self {
        Self { text: String::new(), indent: 0 }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(&"  ".repeat(self.indent));
        self.text.extend(line.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }));
        self.text.push('\n');
    }
}
