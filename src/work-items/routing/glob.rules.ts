const MAX_PATTERN = 200;
/** What is read of a name. */
const MAX_NAME = 500;

/** Why a text can't be a pattern, or null. */
export function globFault(pattern: string): string | null {
  if (pattern.trim() === '') return 'a pattern must not be blank';
  return pattern.length > MAX_PATTERN ? `a pattern has ${MAX_PATTERN} characters at most` : null;
}

/**
 * Whether a name is what a pattern describes: `*` is any run of characters, also none, and every other character is itself
 * in any letter case. The whole name must fit; of a name only the first 500 characters count. No pattern takes long: the
 * text between the stars is searched from left to right, each piece once.
 */
export function matchesGlob(pattern: string, name: string): boolean {
  const [first = '', ...others] = inOneCase(pattern).split('*');
  const text = inOneCase(name.slice(0, MAX_NAME));
  const last = others.pop();
  if (last === undefined) return text === first;
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  return endOfPieces(others, { text, from: first.length }) <= end;
}

/** A sigma is small in two ways, of which one is for the end of a word: a pattern need not end where the name does. */
function inOneCase(text: string): string {
  return text.toLowerCase().replaceAll('ς', 'σ');
}

/** Where the pieces, one behind the other and each as early as can be, end in the text; infinity if they do not. */
function endOfPieces(pieces: readonly string[], { text, from }: { text: string; from: number }): number {
  let at = from;
  for (const piece of pieces) {
    const found = text.indexOf(piece, at);
    if (found === -1) return Number.POSITIVE_INFINITY;
    at = found + piece.length;
  }
  return at;
}
