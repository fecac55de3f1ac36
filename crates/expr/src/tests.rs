use std::collections::BTreeMap;

use super::*;
use value::{Secret, Unknown};

/// A scope of outputs, in which secrets are open or sealed.
struct Table {
    outputs: BTreeMap<&'static str, Value>,
    open: bool,
}

impl Scope for Table {
    fn attribute(&self, urn: &str, path: &Path, ty: &Type) -> Option<Value> {
        Some(Unknown::new(ty.clone(), "here", format!("{urn}.{path}")).into())
    }

    fn output(&self, _: &str, path: &Path, _: &Type) -> Option<Value> {
        self.outputs.get(path.to_string().as_str()).cloned()
    }

    fn secret(&self, _: &Path, fingerprint: Digest) -> Secret {
        if self.open { Secret::open(fingerprint, Value::from("hunter2")) } else { Secret::sealed(fingerprint) }
    }

    fn function(&self, name: &str, args: &[Value]) -> Result<Value, String> {
        if name == "first" { Ok(args[0].clone()) } else { Err("no such function".into()) }
    }
}

fn scope(open: bool) -> Table {
    Table {
        outputs: BTreeMap::from([("cidr", Value::from("10.0.0.0/16")), ("v6", Value::from("2600:1f18::/56"))]),
        open,
    }
}

fn output(path: &str) -> Expr {
    Expr::Output { stack: "net.QA".into(), path: path.parse().expect("path"), ty: Type::String, optional: false }
}

fn secret() -> Expr {
    Expr::Secret { key: Path::key("password"), fingerprint: Digest::of("t", b"p") }
}

fn eval(expr: &Expr) -> Result<Value, EvaluateError> {
    evaluate(expr, &scope(true))
}

#[test]
fn cidr_arithmetic() {
    let subnet = |base: Expr, prefix: i64, n: i64| Expr::call(Op::CidrSubnet, vec![base, prefix.into(), n.into()]);
    assert_eq!(eval(&subnet(output("cidr"), 24, 3)), Ok(Value::from("10.0.3.0/24")));
    assert_eq!(eval(&subnet(output("v6"), 64, 255)), Ok(Value::from("2600:1f18:0:ff::/64")));
    assert!(eval(&subnet(output("v6"), 64, 256)).is_err());
    assert_eq!(subnet("10.0.0.0/8".into(), 8, 0), Expr::Value(Value::from("10.0.0.0/8")), "known calls are folded");
    assert_eq!("10.0.0.1/8".parse::<Ipv4Net>(), Err(CidrError::HostBits("10.0.0.1/8".into())));
}

#[test]
fn unknowns_keep_their_origins_and_their_type() {
    let unknown = Expr::Attribute { urn: "p::t::n".into(), path: Path::key("Id"), ty: Type::String };
    let joined = Expr::call(Op::Concat, vec!["arn:".into(), unknown]);
    match eval(&joined) {
        Ok(Value::Unknown(unknown)) => {
            assert_eq!(unknown.ty, Type::String);
            assert_eq!(unknown.origins.iter().map(ToString::to_string).collect::<Vec<_>>(), ["here:p::t::n.Id"]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_secret_has_one_fingerprint_open_or_sealed_and_stays_secret() {
    let expr = Expr::call(
        Op::Json,
        vec![Expr::Map(Named::from([("password".into(), secret()), ("user".into(), "app".into())]))],
    );
    let open = eval(&expr).expect("evaluates");
    let sealed = evaluate(&expr, &scope(false)).expect("evaluates");
    assert_eq!(open, sealed);
    assert!(!format!("{open:?}").contains("hunter2"));
    match open {
        Value::Secret(secret) => {
            assert_eq!(secret.expose(), Some(&Value::from(r#"{"password":"hunter2","user":"app"}"#)));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn only_the_branch_that_is_taken_needs_a_value() {
    let expr = Expr::Call { op: Op::If, args: vec![true.into(), 1.into(), output("missing")] };
    assert_eq!(eval(&expr), Ok(Value::Int(1)));
    assert_eq!(
        eval(&output("missing")).map_err(|e| e.to_string()),
        Err("stack `net.QA` has no output `missing`".into())
    );
}

#[test]
fn all_that_has_no_value_is_found_once() {
    let taken = Expr::Call { op: Op::If, args: vec![false.into(), output("not taken"), output("b")] };
    let twice = Expr::List(vec![output("a"), output("cidr"), output("a")]);
    let expr = Expr::Map([("one".to_owned(), twice), ("two".to_owned(), taken)].into_iter().collect());
    let found: Vec<String> = faults(&expr, &scope(true)).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["stack `net.QA` has no output `a`", "stack `net.QA` has no output `b`"]);
    assert_eq!(faults(&output("cidr"), &scope(true)), []);
}

#[test]
fn encodings() {
    let value = Value::map([("b", Value::from(vec!["x", "y: z"])), ("$a", Value::Int(1)), ("e", Value::List(vec![]))]);
    assert_eq!(to_json(&value), r#"{"$a":1,"b":["x","y: z"],"e":[]}"#);
    assert_eq!(to_yaml(&value), "\"$a\": 1\n\"b\":\n  - \"x\"\n  - \"y: z\"\n\"e\": []\n");
}

#[test]
fn expressions_read_back() {
    let expr = Expr::Call { op: Op::Get { path: Path::key("a"), ty: Type::Any }, args: vec![output("cidr"), secret()] };
    let text = serde_json::to_string(&expr).expect("serialises");
    assert_eq!(serde_json::from_str::<Expr>(&text).expect("reads back"), expr);
}
