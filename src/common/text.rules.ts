/**
 * A text as one line of at most `maxLength` characters: anything that is no visible character (control and format
 * characters, line ends, every kind of blank) becomes one blank, and what was cut off becomes `…`.
 */
export function oneLine(text: string, maxLength: number): string {
  return shortened(text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim(), maxLength);
}

/** At most `maxLength` UTF-16 units, the last of them `…` where more was there. Never cuts a character in two. */
export function shortened(text: string, maxLength: number): string {
  return text.length <= maxLength ? text : `${cut(text, maxLength - 1).trimEnd()}…`;
}

/** A text without what would not be seen, or show it in another order: control characters but for `\n` and `\t`, bidi marks. */
export function severalLines(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(/(?![\n\t])[\p{Cc}\p{Bidi_Control}]/gu, '');
}

/** Tags and the commonest entities go. */
export function withoutHtml(text: string): string {
  return text
    .replace(/&(nbsp|#160);/gi, ' ')
    .replace(/<\/?[a-z!][^<>]*>/gi, ' ')
    .replace(/&amp;/gi, '&');
}

/** Never through the middle of a surrogate pair. */
function cut(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}
