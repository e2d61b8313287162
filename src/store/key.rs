//! Order-preserving keys. Not here: which table has which (tables.rs).

use crate::domain::ids::{ActionId, CompanyId, GroupId, InvoiceId, PictureId, TemplateId, TokenId, UserId};

/// A key, or its leading fields. `decode` consumes its bytes; `None` if they are no such key.
pub trait Key: Sized {
    fn encode(&self, out: &mut Vec<u8>);
    fn decode(bytes: &mut &[u8]) -> Option<Self>;
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

impl Key for () {
    fn encode(&self, _: &mut Vec<u8>) {}

    fn decode(_: &mut &[u8]) -> Option<Self> {
        Some(())
    }
}

impl Key for u8 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        take::<1>(bytes).map(|[b]| b)
    }
}

impl Key for u64 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self.to_be_bytes());
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes).map(Self::from_be_bytes)
    }
}

/// With the sign bit flipped, negative numbers sort first.
impl Key for i64 {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend((self.cast_unsigned() ^ (1 << 63)).to_be_bytes());
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        u64::decode(bytes).map(|n| (n ^ (1 << 63)).cast_signed())
    }
}

impl Key for [u8; 32] {
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend(self);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        take(bytes)
    }
}

/// Ends in `00 00`; a zero byte becomes `00 FF`, so that prefixes sort first.
impl Key for String {
    fn encode(&self, out: &mut Vec<u8>) {
        for &b in self.as_bytes() {
            out.push(b);
            if b == 0 {
                out.push(0xFF);
            }
        }
        out.extend([0, 0]);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let mut text = Vec::new();
        loop {
            match u8::decode(bytes)? {
                0 => match u8::decode(bytes)? {
                    0 => return Self::from_utf8(text).ok(),
                    0xFF => text.push(0),
                    _ => return None,
                },
                b => text.push(b),
            }
        }
    }
}

macro_rules! id_keys {
    ($($id:ident),*) => {$(
        impl Key for $id {
            fn encode(&self, out: &mut Vec<u8>) {
                self.0.encode(out);
            }

            fn decode(bytes: &mut &[u8]) -> Option<Self> {
                u64::decode(bytes).map($id)
            }
        }
    )*};
}

id_keys!(ActionId, CompanyId, GroupId, InvoiceId, PictureId, TemplateId, TokenId, UserId);

impl<A: Key, B: Key> Key for (A, B) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::decode(bytes)?, B::decode(bytes)?))
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
        self.2.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::decode(bytes)?, B::decode(bytes)?, C::decode(bytes)?))
    }
}

impl<A: Key, B: Key, C: Key, D: Key> Key for (A, B, C, D) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
        self.2.encode(out);
        self.3.encode(out);
    }

    fn decode(bytes: &mut &[u8]) -> Option<Self> {
        Some((A::decode(bytes)?, B::decode(bytes)?, C::decode(bytes)?, D::decode(bytes)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes<K: Key>(key: &K) -> Vec<u8> {
        let mut out = Vec::new();
        key.encode(&mut out);
        out
    }

    #[test]
    fn keys_sort_as_their_fields_and_come_back() {
        let keys: Vec<(String, i64)> =
            [("", -1), ("", 0), ("a", i64::MIN), ("a", -5), ("a", 7), ("a\0", 0), ("a\0b", 0), ("ab", 0), ("发", 1)]
                .map(|(s, n)| (s.to_owned(), n))
                .to_vec();
        assert!(keys.windows(2).all(|w| bytes(&w[0]) < bytes(&w[1])));
        for key in keys {
            let encoded = bytes(&key);
            let mut rest = &encoded[..];
            assert_eq!(<(String, i64)>::decode(&mut rest), Some(key));
            assert!(rest.is_empty());
        }
    }

    #[test]
    fn bytes_that_are_no_key_are_refused() {
        assert_eq!(u64::decode(&mut &[1, 2, 3][..]), None);
        assert_eq!(String::decode(&mut &b"abc"[..]), None);
        assert_eq!(String::decode(&mut &[b'a', 0, 7][..]), None);
        assert_eq!(String::decode(&mut &[0xC3, 0, 0][..]), None);
    }
}
