//! The notation of operations.rs, parsed into shapes. Not here: what is generated from them (openapi.rs, typescript.rs).
//!
//! `(name: type, name?: type)` is an object, `[type]` a list, `{type}` an object with any keys, `a|b` either, `'x'` that word,
//! `Name` a named shape. Plain types: `text int natural number bool flag time serial any null`. The key `*` stands for all other
//! keys; a leading `..Name` includes another object's fields. `<…>` after a field holds its meaning.
//!
//! A range limits a text's length, a list's size or a number: `text 1..64`, `[serial] ..1000`; `{..64: text}` limits keys. Without
//! one, only the body's limits apply.

#[derive(Clone, Debug, PartialEq)]
pub enum Shape<'a> {
    Plain(&'a str, Option<Range>),
    /// This very number.
    Number(i64),
    /// This very word.
    Word(&'a str),
    Named(&'a str),
    List(Box<Shape<'a>>, Option<Range>),
    Map {
        keys: Option<Range>,
        values: Box<Shape<'a>>,
        size: Option<Range>,
    },
    Object {
        bases: Vec<&'a str>,
        fields: Vec<Field<'a>>,
        others: Option<Box<Shape<'a>>>,
    },
    Either(Vec<Shape<'a>>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Field<'a> {
    pub name: &'a str,
    pub is_optional: bool,
    pub shape: Shape<'a>,
    pub means: Option<&'a str>,
}

pub type Range = (Option<i64>, i64);

const PLAIN: [&str; 10] = ["text", "int", "natural", "number", "bool", "flag", "time", "serial", "any", "null"];
const WITH_A_RANGE: [&str; 5] = ["text", "serial", "int", "natural", "number"];

impl<'a> Shape<'a> {
    pub fn read(text: &'a str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let shape = reader.alternatives()?;
        reader.rest.is_empty().then_some(shape)
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        let found = rest.strip_prefix(token);
        self.rest = found.unwrap_or(rest);
        found.is_some()
    }

    fn word(&mut self) -> &'a str {
        let end = self.rest.find([':', ',', '|', ')', ']', '}', '?', '<']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.trim()
    }

    fn alternatives(&mut self) -> Option<Shape<'a>> {
        let mut all = vec![self.one()?];
        while self.eat("|") {
            all.push(self.one()?);
        }
        if all.len() == 1 { all.pop() } else { Some(Shape::Either(all)) }
    }

    fn one(&mut self) -> Option<Shape<'a>> {
        if self.eat("(") {
            return self.object();
        }
        if self.eat("[") {
            let items = Box::new(self.alternatives()?);
            return self.eat("]").then(|| Shape::List(items, self.range()));
        }
        if self.eat("{") {
            let keys = self.range();
            if keys.is_some() && !self.eat(":") {
                return None;
            }
            let values = Box::new(self.alternatives()?);
            return self.eat("}").then(|| Shape::Map { keys, values, size: self.range() });
        }
        self.plain()
    }

    fn range(&mut self) -> Option<Range> {
        let text = self.rest.trim_start();
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (from, to) = text[..end].split_once("..")?;
        let range = (from.parse().ok(), to.parse().ok()?);
        self.rest = &text[end..];
        Some(range)
    }

    fn object(&mut self) -> Option<Shape<'a>> {
        let (mut bases, mut fields, mut others) = (Vec::new(), Vec::new(), None);
        while self.eat("..") {
            bases.push(self.word());
            self.eat(",");
        }
        while !self.eat(")") {
            let name = self.word();
            let is_optional = self.eat("?");
            if name.is_empty() || !self.eat(":") {
                return None;
            }
            let shape = self.alternatives()?;
            let means = if self.eat("<") { Some(self.meaning()?) } else { None };
            if name == "*" {
                others = Some(Box::new(shape));
            } else {
                fields.push(Field { name, is_optional, shape, means });
            }
            self.eat(",");
        }
        Some(Shape::Object { bases, fields, others })
    }

    fn meaning(&mut self) -> Option<&'a str> {
        let (meaning, rest) = self.rest.split_once('>')?;
        self.rest = rest;
        Some(meaning.trim())
    }

    fn plain(&mut self) -> Option<Shape<'a>> {
        let word = self.word();
        if let Some((kind, limits)) = word.split_once(' ') {
            let mut limits = Self { rest: limits };
            let range = limits.range().filter(|_| limits.rest.is_empty())?;
            return WITH_A_RANGE.contains(&kind).then_some(Shape::Plain(kind, Some(range)));
        }
        if let Ok(number) = word.parse() {
            return Some(Shape::Number(number));
        }
        if let Some(text) = word.strip_prefix('\'').and_then(|text| text.strip_suffix('\'')) {
            return Some(Shape::Word(text));
        }
        if PLAIN.contains(&word) {
            return Some(Shape::Plain(word, None));
        }
        word.starts_with(|c: char| c.is_ascii_uppercase()).then_some(Shape::Named(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_notation_is_none() {
        for wrong in [
            "(a text)",
            "[text",
            "words",
            "(a: text",
            "text)",
            "(: text)",
            "text 1..",
            "text 64",
            "bool 0..1",
            "{..64 text}",
            "[text] 9",
            "(a: text <no end)",
            "(a: text, ..Late)",
        ] {
            assert_eq!(Shape::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_object_may_be_all_that_another_is_and_say_what_its_fields_mean() {
        let Some(Shape::Object { bases, fields, others: None }) =
            Shape::read("(..Base, a?: int|null <fen; null: no sum>, b: [text])")
        else {
            panic!("is an object")
        };
        assert_eq!(bases, ["Base"]);
        assert_eq!((fields[0].name, fields[0].is_optional, fields[0].means), ("a", true, Some("fen; null: no sum")));
        assert_eq!((fields[1].name, fields[1].means), ("b", None));
    }
}
