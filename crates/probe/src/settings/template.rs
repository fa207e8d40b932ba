//! Texts with places for values: `Bearer {token}`.

use std::borrow::Cow;

use serde_json::{Map, Value};

/// Characters of a template.
pub const TEMPLATE_CHARS_MAX: usize = 16 * 1024;
/// Characters of a variable's name.
pub const NAME_CHARS_MAX: usize = 32;
/// How deep JSON may be nested.
pub const JSON_DEPTH_MAX: usize = 32;

/// A text with places for values. Braces are written twice: `{{` and `}}`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Template(Vec<Piece>);

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(String),
    Variable(String),
}

/// How a value is written in its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// With `%`, so that it is one part of a path or one value in a query.
    Percent,
}

impl Template {
    /// Reads a template. The error is a fragment that names the remedy and quotes nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > TEMPLATE_CHARS_MAX {
            return Err(format!("this text is longer than {TEMPLATE_CHARS_MAX} characters"));
        }
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let (brace, after) = rest[at..].split_at(1);
            if let Some(after) = after.strip_prefix(brace) {
                plain.push_str(brace);
                rest = after;
                continue;
            }
            let name = after.split_once('}').filter(|(name, _)| brace == "{" && is_name(name));
            let Some((name, after)) = name else {
                return Err("a brace stands alone: write {name} for a value, and {{ or }} for a \
                            brace"
                    .to_owned());
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            pieces.push(Piece::Variable(name.to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Template(pieces))
    }

    /// The variables in it.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Variable(name) => Some(name.as_str()),
        })
    }

    /// The variable, if there is nothing else.
    pub fn only_variable(&self) -> Option<&str> {
        match self.0.as_slice() {
            [Piece::Variable(name)] => Some(name),
            _ => None,
        }
    }

    /// The text with every value in its place. The error is the name that has no value.
    pub fn fill<'v>(
        &self,
        value: &impl Fn(&str) -> Option<&'v str>,
        encoding: Encoding,
    ) -> Result<String, &str> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Variable(name) => {
                    let value = value(name).ok_or(name.as_str())?;
                    filled.push_str(&encoding.of(value));
                }
            }
        }
        Ok(filled)
    }
}

/// What a variable may be called: small letters, digits and `_`.
pub fn is_name(name: &str) -> bool {
    name.len() <= NAME_CHARS_MAX
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

impl Encoding {
    fn of(self, value: &str) -> Cow<'_, str> {
        let is_kept = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if self == Encoding::Plain || value.bytes().all(is_kept) {
            return Cow::Borrowed(value);
        }
        let byte = |b: u8| match is_kept(b) {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        };
        Cow::Owned(value.bytes().map(byte).collect())
    }
}

/// JSON with places for values in its strings: a value can never be more than a part of a string.
#[derive(Clone, PartialEq, Debug)]
pub enum JsonTemplate {
    /// A string.
    Text(Template),
    /// A list.
    List(Vec<JsonTemplate>),
    /// An object; its keys are as they are.
    Object(Vec<(String, JsonTemplate)>),
    /// A number, a truth or nothing.
    Plain(Value),
}

impl JsonTemplate {
    /// Makes a template of each string. The error is as of [`Template::parse`].
    pub fn new(value: Value) -> Result<Self, String> {
        JsonTemplate::at_depth(value, 0)
    }

    fn at_depth(value: Value, depth: usize) -> Result<Self, String> {
        if depth > JSON_DEPTH_MAX {
            return Err(format!("this is nested more than {JSON_DEPTH_MAX} deep"));
        }
        Ok(match value {
            Value::String(text) => JsonTemplate::Text(Template::parse(&text)?),
            Value::Array(items) => {
                let items = items.into_iter().map(|item| JsonTemplate::at_depth(item, depth + 1));
                JsonTemplate::List(items.collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let fields = fields
                    .into_iter()
                    .map(|(name, value)| Ok((name, JsonTemplate::at_depth(value, depth + 1)?)));
                JsonTemplate::Object(fields.collect::<Result<_, String>>()?)
            }
            other => JsonTemplate::Plain(other),
        })
    }

    /// The variables in it.
    pub fn variables(&self) -> Vec<&str> {
        match self {
            JsonTemplate::Text(text) => text.variables().collect(),
            JsonTemplate::List(items) => items.iter().flat_map(JsonTemplate::variables).collect(),
            JsonTemplate::Object(fields) => {
                fields.iter().flat_map(|(_, value)| value.variables()).collect()
            }
            JsonTemplate::Plain(_) => Vec::new(),
        }
    }

    /// The JSON with every value in its place. The error is the name that has no value.
    pub fn fill<'v>(&self, value: &impl Fn(&str) -> Option<&'v str>) -> Result<Value, &str> {
        Ok(match self {
            JsonTemplate::Text(text) => Value::String(text.fill(value, Encoding::Plain)?),
            JsonTemplate::List(items) => {
                Value::Array(items.iter().map(|item| item.fill(value)).collect::<Result<_, _>>()?)
            }
            JsonTemplate::Object(fields) => {
                let mut object = Map::new();
                for (name, template) in fields {
                    object.insert(name.clone(), template.fill(value)?);
                }
                Value::Object(object)
            }
            JsonTemplate::Plain(value) => value.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(name: &str) -> Option<&'static str> {
        match name {
            "user" => Some("probe"),
            "password" => Some("a \"b\"/å&{user}"),
            _ => None,
        }
    }

    fn filled(text: &str, encoding: Encoding) -> String {
        Template::parse(text).unwrap().fill(&value, encoding).unwrap()
    }

    #[test]
    fn values_stand_in_their_places_encoded_for_them() {
        assert_eq!(filled("x {user}, {password}!", Encoding::Plain), "x probe, a \"b\"/å&{user}!");
        assert_eq!(
            filled("/u/{user}?p={password}", Encoding::Percent),
            "/u/probe?p=a%20%22b%22%2F%C3%A5%26%7Buser%7D"
        );
        assert_eq!(filled("{{user}} {{{user}}}", Encoding::Plain), "{user} {probe}");
        assert_eq!(filled("", Encoding::Plain), "");
        assert_eq!(Template::parse("{other}").unwrap().fill(&value, Encoding::Plain), Err("other"));
    }

    #[test]
    fn a_lonely_brace_is_a_mistake() {
        for text in ["{", "}", "{user", "user}", "{}", "{User}", "{a b}", "{1}", "{{{", "a}b"] {
            assert!(Template::parse(text).unwrap_err().contains("a brace stands alone"), "{text}");
        }
    }

    #[test]
    fn a_value_in_json_is_never_more_than_a_part_of_a_string() {
        let template = json!({ "name": "{user}", "all": ["{password}", 1, null, true] });
        let template = JsonTemplate::new(template).unwrap();
        assert_eq!(template.variables(), ["password", "user"]);
        assert_eq!(
            template.fill(&value).unwrap(),
            json!({ "name": "probe", "all": ["a \"b\"/å&{user}", 1, null, true] })
        );
    }

    #[test]
    fn a_template_tells_its_variables() {
        let template = Template::parse("{user}:{password}").unwrap();
        assert_eq!(template.variables().collect::<Vec<_>>(), ["user", "password"]);
        assert_eq!(template.only_variable(), None);
        assert_eq!(Template::parse("{next}").unwrap().only_variable(), Some("next"));
    }
}
