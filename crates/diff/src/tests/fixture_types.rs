//! The types of the fixtures.

use schema::Source;

/// All of them; nobody can tell what became of a create of a `Guess`, and a `Template` gets another version when its data
/// change.
pub(super) const TYPES: [Source; 8] = [
    Source {
        name: "Vpc",
        schema: r#"{"typeName": "Vpc", "properties": {"Cidr": {"type": "string"}, "Label": {"type": "string"}, "Tags": {"type": "object"},
            "Peer": {"type": "string"}, "Rules": {"type": "array", "items": {"type": "object"}}, "Size": {"type": "integer"},
            "Groups": {"type": "array", "insertionOrder": false, "items": {"type": "string"}}, "Pass": {"type": "string"},
            "VpcId": {"type": "string"}, "Arn": {"type": "string"}, "Count": {"type": "integer"}},
            "createOnlyProperties": ["/properties/Cidr", "/properties/Peer"],
            "writeOnlyProperties": ["/properties/Rules/*/Key"],
            "readOnlyProperties": ["/properties/VpcId", "/properties/Arn", "/properties/Count"], "primaryIdentifier": ["/properties/VpcId"]}"#,
        overlay: "defaults = { Size = 3 }\nlatency_ms = [1, 1, 1]\n",
    },
    Source {
        name: "Bucket",
        schema: r#"{"typeName": "Bucket", "properties": {"Name": {"type": "string"}, "Region": {"type": "string"}, "Label": {"type": "string"},
            "Arn": {"type": "string"}}, "createOnlyProperties": ["/properties/Name", "/properties/Region"],
            "readOnlyProperties": ["/properties/Arn"], "primaryIdentifier": ["/properties/Name"]}"#,
        overlay: "name = { property = \"Name\", max = 16, lower = true }\nidentity = { properties = [\"Name\"] }\n\
                  predict = { Arn = \"arn:{account}:{Name}\" }\nsettle = \"identity\"\nlatency_ms = [1, 1, 1]\n",
    },
    Source {
        name: "Route",
        schema: r#"{"typeName": "Route", "properties": {"Table": {"type": "string"}, "Via": {"type": "string"}, "Label": {"type": "string"},
            "Id": {"type": "string"}}, "required": ["Table"], "createOnlyProperties": ["/properties/Table", "/properties/Via"],
            "readOnlyProperties": ["/properties/Id"], "primaryIdentifier": ["/properties/Id"]}"#,
        overlay: "identity = { properties = [\"Table\"] }\nsettle = \"identity\"\ntimeout_seconds = [60, 61, 62]\n\
                  latency_ms = [1, 1, 1]\n",
    },
    Source {
        name: "Fixed",
        schema: r#"{"typeName": "Fixed", "properties": {"Label": {"type": "string"}, "Id": {"type": "string"}},
            "readOnlyProperties": ["/properties/Id"], "primaryIdentifier": ["/properties/Id"]}"#,
        overlay: "no_update = true\ndelete_before_replace = true\nsettle = \"token\"\nlatency_ms = [1, 1, 1]\n",
    },
    Source {
        name: "Login",
        schema: r#"{"typeName": "Login", "properties": {"Label": {"type": "string"}, "Id": {"type": "string"}, "Arn": {"type": "string"},
            "Box": {"type": "object"}}, "readOnlyProperties": ["/properties/Id", "/properties/Arn", "/properties/Box"],
            "primaryIdentifier": ["/properties/Id"]}"#,
        overlay: "secret = [\"Arn\", \"Box.Key\"]\nlatency_ms = [1, 1, 1]\n",
    },
    Source { name: "Broken", schema: "{}", overlay: "" },
    Source {
        name: "Template",
        schema: r#"{"typeName": "Template", "properties": {"Data": {"type": "string"}, "Label": {"type": "string"}, "Id": {"type": "string"},
            "Version": {"type": "string"}, "Stamp": {"type": "string"}, "Link": {"type": "string"}, "Arn": {"type": "string"}},
            "readOnlyProperties": ["/properties/Id", "/properties/Version", "/properties/Stamp", "/properties/Link", "/properties/Arn"],
            "primaryIdentifier": ["/properties/Id"]}"#,
        overlay: "predict = { Link = \"at:{account}:{Label}\" }\nrenewed = { Stamp = [], Version = [\"Data\"] }\n\
                  settle = \"token\"\nlatency_ms = [1, 1, 1]\n",
    },
    Source {
        name: "Guess",
        schema: r#"{"typeName": "Guess", "properties": {"Label": {"type": "string"}, "Id": {"type": "string"}},
            "readOnlyProperties": ["/properties/Id"], "primaryIdentifier": ["/properties/Id"]}"#,
        overlay: "settle = \"ask\"\nlatency_ms = [1, 1, 1]\n",
    },
];
