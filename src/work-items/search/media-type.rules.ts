/** What a list can be answered as; the first one is for those who do not say. */
export const MEDIA_TYPES = ['application/json', 'text/csv', 'application/x-ndjson'] as const;
export type MediaType = (typeof MEDIA_TYPES)[number];

/** One range of an `Accept` header, such as `text/*;q=0.5`. */
interface MediaRange {
  type: string;
  subtype: string;
  quality: number;
}

/**
 * The media type that an `Accept` header likes best (RFC 9110, 12.5.1): of each type its most specific range counts, of
 * equal ones the first of {@link MEDIA_TYPES}. Without a header anything is accepted. Null where none of ours is.
 */
export function preferredMediaType(accept: string | undefined): MediaType | null {
  if (accept === undefined || accept.trim() === '') return MEDIA_TYPES[0];
  const ranges = accept.split(',').map(rangeOf);
  const liked = MEDIA_TYPES.map((mediaType) => ({ mediaType, quality: qualityOf(mediaType, ranges) }));
  const best = liked.reduce((one, other) => (other.quality > one.quality ? other : one));
  return best.quality > 0 ? best.mediaType : null;
}

function rangeOf(text: string): MediaRange {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const [type = '', subtype = ''] = range.split('/');
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  return { type, subtype, quality: weight === undefined ? 1 : Number(weight.slice(2)) || 0 };
}

function qualityOf(mediaType: MediaType, ranges: readonly MediaRange[]): number {
  const [type = '', subtype = ''] = mediaType.split('/');
  const matching = [
    ranges.find((range) => range.type === type && range.subtype === subtype),
    ranges.find((range) => range.type === type && range.subtype === '*'),
    ranges.find((range) => range.type === '*' && range.subtype === '*'),
  ];
  return matching.find((range) => range !== undefined)?.quality ?? 0;
}
