use super::*;
use value::Value;

const SCHEMA: &str = r##"{
  "typeName": "Test::Net::Subnet", "description": "A subnet.",
  "definitions": {"Tag": {"type": "object", "additionalProperties": false, "required": ["Key"],
    "properties": {"Key": {"type": "string"}, "Value": {"type": "string"}}}},
  "properties": {
    "CidrBlock": {"type": "string", "maxLength": 18}, "Mode": {"type": "string", "enum": ["a", "b"]},
    "Tags": {"type": "array", "insertionOrder": false, "items": {"$ref": "#/definitions/Tag"}},
    "Policy": {"type": ["object", "string"]}, "SubnetId": {"type": "string"}},
  "required": ["CidrBlock"], "createOnlyProperties": ["/properties/CidrBlock"],
  "readOnlyProperties": ["/properties/SubnetId"], "primaryIdentifier": ["/properties/SubnetId"]}"##;
const OVERLAY: &str = "stateful = true\ncreate_only = [\"Mode\"]\n[name]\nproperty = \"CidrBlock\"\nmax = 18\n";

fn schema() -> TypeSchema {
    let catalog = Catalog::new([Source { name: "Test::Net::Subnet", schema: SCHEMA, overlay: OVERLAY }]);
    catalog.get("Test::Net::Subnet").expect("reads").expect("is there").clone()
}

#[test]
fn lifecycle_facts_come_from_schema_and_overlay() {
    let schema = schema();
    assert_eq!(schema.change_kind(&Path::key("CidrBlock")), ChangeKind::Replace);
    assert_eq!(schema.change_kind(&Path::key("Mode")), ChangeKind::Replace);
    assert_eq!(schema.change_kind(&Path::key("Tags")), ChangeKind::Update);
    assert!(schema.is_unordered(&Path::key("Tags")));
    assert!(schema.overlay.stateful);
    assert_eq!(schema.value_type(&"Tags[0].Key".parse().expect("path")), Type::String);
}

#[test]
fn all_problems_are_found_at_once() {
    let properties = Value::map([
        ("CidrBlok", Value::from("x")),
        ("Mode", Value::from("c")),
        ("SubnetId", Value::from("subnet-1")),
        ("Tags", Value::from(vec![Value::map([("Value", Value::Int(1))])])),
        ("Policy", Value::map([("anything", true)])),
    ]);
    let Value::Map(map) = properties else { panic!("a map") };
    let found: Vec<String> = schema().validate(&map).iter().map(|p| format!("{} {}", p.path, p.kind)).collect();
    assert_eq!(
        found,
        [
            "CidrBlock is required",
            "CidrBlok there is no such property, did you mean `CidrBlock`?",
            "Mode must be one of a, b",
            "SubnetId is set by the vendor and cannot be given",
            "Tags[0].Key is required",
            "Tags[0].Value must be a string, not integer",
        ]
    );
}

#[test]
fn an_overlay_with_an_unknown_key_is_refused() {
    let catalog = Catalog::new([Source { name: "x", schema: SCHEMA, overlay: "statefull = true" }]);
    assert!(catalog.get("x").is_err());
    assert!(matches!(catalog.get("y"), Ok(None)));
}

#[test]
fn an_identity_may_lie_within_maps_and_holds_nothing_else() {
    let identity = Identity { properties: vec!["Kind".to_owned(), "Meta.Name".to_owned(), "Meta.Space".to_owned()] };
    let meta = Value::map([("Name", Value::from("a")), ("Labels", Value::from("l"))]);
    let properties = Value::map([("Kind", Value::from("k")), ("Meta", meta), ("Data", Value::from("d"))]);
    let wanted = Value::map([("Kind", Value::from("k")), ("Meta", Value::map([("Name", "a")]))]);
    assert_eq!(properties.as_map().map(|map| Value::Map(identity.within(map))), Some(wanted));
}

#[test]
fn whatever_is_below_json_is_json() {
    let path: Path = "Policy.Statement[0].Effect".parse().expect("a path");
    assert_eq!(schema().property(&path).map(|property| &property.kind), Some(&Kind::Json));
    assert!(schema().property(&"Mode.x".parse().expect("a path")).is_none());
}
