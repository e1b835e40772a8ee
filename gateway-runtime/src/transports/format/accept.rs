//! The header `Accept`.

use axum::http::{HeaderMap, header};

use super::Format;

/// The format that a client likes best; JSON if it does not say. None when it takes none of them.
pub(super) fn best(headers: &HeaderMap) -> Option<Format> {
    let given: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|range| !range.is_empty())
        .collect();
    if given.is_empty() {
        return Some(Format::Json);
    }
    let mut best: Option<(f32, Format)> = None;
    for &format in Format::ALL {
        let liked = liking(&given, format.media_type());
        if liked > best.map_or(0.0, |(liked, _)| liked) {
            best = Some((liked, format));
        }
    }
    best.map(|(_, format)| format)
}

/// How much a media type is liked, 0 to 1: what the most particular range says of it.
fn liking(ranges: &[&str], media_type: &str) -> f32 {
    let (family, _) = media_type.split_once('/').unwrap_or_default();
    let mut found = (0, 0.0);
    for range in ranges {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let particular = match name.split_once('/') {
            _ if name == media_type => 3,
            Some((first, "*")) if first == family => 2,
            Some(("*", "*")) => 1,
            _ => continue,
        };
        let quality = parts.find_map(|part| part.strip_prefix("q=")).and_then(|text| text.parse().ok());
        if particular > found.0 {
            found = (particular, quality.unwrap_or(1.0_f32));
        }
    }
    found.1
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn asked(accept: &str) -> Option<Format> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_str(accept).unwrap());
        best(&headers)
    }

    #[test]
    fn the_format_a_client_likes_best_is_found() {
        assert_eq!(best(&HeaderMap::new()), Some(Format::Json));
        for (accept, expected) in [
            ("*/*", Some(Format::Json)),
            ("", Some(Format::Json)),
            ("text/html, application/xhtml+xml, */*;q=0.8", Some(Format::Json)),
            ("text/csv", Some(Format::Csv)),
            ("Text/CSV; charset=utf-8", Some(Format::Csv)),
            ("text/*", Some(Format::Csv)),
            ("application/json;q=0.5, application/x-ndjson", Some(Format::Ndjson)),
            ("text/csv;q=0.1, application/json;q=0.2", Some(Format::Json)),
            ("application/json;q=0, */*", Some(Format::Ndjson)),
            ("application/vnd.apache.parquet;q=0.1, */*", Some(Format::Json)),
            ("image/png", None),
            ("text/csv;q=0", None),
        ] {
            assert_eq!(asked(accept), expected, "{accept}");
        }
        for format in Format::ALL {
            assert_eq!(asked(format.media_type()), Some(*format));
        }
    }
}
