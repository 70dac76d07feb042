//! `docs/json-schema.md`, made of the schema files: one table a type.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

/// The page behind its part that is written by hand. `outputs` are the schemas with their file names, in the order of
/// the page.
pub(super) fn generated(outputs: &[(String, Value)]) -> String {
    let mut page = String::new();
    let mut shared: BTreeMap<&str, &Value> = BTreeMap::new();
    for (name, schema) in outputs {
        let title = schema["title"].as_str().unwrap();
        let about = schema["description"].as_str().unwrap_or_default();
        let _ = write!(
            page,
            "\n## {name}\n\n{}. Schema: [schemas/{name}.json](schemas/{name}.json).\n",
            first_up(title)
        );
        if !about.is_empty() {
            let _ = writeln!(page, "{}", sentence(about));
        }
        page.push_str(&table(schema));
        for (name, definition) in schema["$defs"].as_object().into_iter().flatten() {
            let known = shared.entry(name).or_insert(definition);
            assert_eq!(*known, definition, "{name} means two things");
        }
    }
    page.push_str("\n## Types\n\nWhat the tables above refer to, by name.\n");
    for (name, definition) in shared {
        let about = definition["description"].as_str().unwrap_or_default();
        let _ = write!(page, "\n### {name}\n\n{}\n", sentence(about));
        if definition.get("properties").is_some() {
            page.push_str(&table(definition));
        } else if let Some(words) = words(definition) {
            let _ = write!(page, "\n{words}\n");
        }
    }
    page
}

/// The words of a list, with their meaning where the type gives one.
fn words(definition: &Value) -> Option<String> {
    if let Some(each) = definition.get("oneOf").and_then(Value::as_array) {
        let line = |word: &Value| {
            let about = word["description"].as_str().unwrap_or_default();
            let names: Vec<String> = match word.get("const") {
                Some(name) => vec![code(name)],
                None => word["enum"].as_array().unwrap().iter().map(code).collect(),
            };
            if about.is_empty() {
                format!("- {}", names.join(", "))
            } else {
                format!("- {}: {}", names.join(", "), sentence(about))
            }
        };
        return Some(each.iter().map(line).collect::<Vec<_>>().join("\n"));
    }
    let list = definition.get("enum").or_else(|| definition.pointer("/items/enum"))?.as_array()?;
    Some(list.iter().map(code).collect::<Vec<_>>().join(", ") + ".")
}

fn code(word: &Value) -> String {
    format!("`{}`", word.as_str().map_or_else(|| word.to_string(), str::to_owned))
}

fn table(schema: &Value) -> String {
    let Some(fields) = schema.get("properties").and_then(Value::as_object) else { return String::new() };
    let mut text = "\n| field | type | may be | meaning |\n|---|---|---|---|\n".to_owned();
    for (name, field) in fields {
        let mut may_be = Vec::new();
        let about = field["description"].as_str().unwrap_or_default();
        let is_kept = is_required(schema, name);
        // What is left out when it is absent is null only where its text says so.
        if is_nullable(field) && (is_kept || about.contains("null")) {
            may_be.push("null");
        }
        if !is_kept {
            may_be.push("left out");
        }
        let _ = writeln!(
            text,
            "| `{name}` | {} | {} | {} |",
            type_of(field),
            may_be.join(", "),
            sentence(about).replace('|', "\\|")
        );
    }
    text
}

pub(super) fn is_required(schema: &Value, name: &str) -> bool {
    schema["required"].as_array().into_iter().flatten().any(|required| required == name)
}

/// True where a field may be null.
pub(super) fn is_nullable(field: &Value) -> bool {
    let listed =
        |list: &Value| list.as_array().into_iter().flatten().any(|one| one == "null" || one.is_null());
    let any_of = field["anyOf"].as_array();
    listed(&field["type"])
        || listed(&field["enum"])
        || any_of.into_iter().flatten().any(|one| one["type"] == "null")
}

fn type_of(field: &Value) -> String {
    if let Some(target) = field["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap();
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(any) = field["anyOf"].as_array() {
        let present: Vec<String> = any.iter().filter(|one| one["type"] != "null").map(type_of).collect();
        return match present.as_slice() {
            [one] => one.clone(),
            several => format!("one of {}", several.join(", ")),
        };
    }
    if let Some(list) = field["enum"].as_array() {
        return list.iter().filter(|word| !word.is_null()).map(code).collect::<Vec<_>>().join(", ");
    }
    if let Some(value) = field.get("const") {
        return code(value);
    }
    let named = |name: &str| match name {
        "array" if field.get("items").is_some() => format!("list of {}", type_of(&field["items"])),
        "string" if field["contentEncoding"] == "base64" => "base64".to_owned(),
        "string" => "string".to_owned(),
        other => other.to_owned(),
    };
    match &field["type"] {
        Value::String(name) => named(name),
        Value::Array(names) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            names.map(named).collect::<Vec<_>>().join(" or ")
        }
        _ => "any".to_owned(),
    }
}

/// A description on one line, without the brackets of a link between doc comments.
fn sentence(about: &str) -> String {
    about.split_whitespace().collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`")
}

fn first_up(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
