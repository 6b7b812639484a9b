import { errorText } from './attempt-error.rules';

/** As TypeORM throws it. */
function failed(message: string, code: string): Error {
  const error = Object.assign(new Error(message), { driverError: { code }, parameters: ['s3cret'], query: 'INSERT' });
  error.name = 'QueryFailedError';
  return error;
}

describe('what is kept of an error', () => {
  it.each([
    [
      new TypeError("Cannot read properties of null (reading 'length')"),
      "TypeError: Cannot read properties of null (reading '…')",
    ],
    [
      failed("Data too long for column 'title' at row 1", 'ER_DATA_TOO_LONG'),
      "QueryFailedError (ER_DATA_TOO_LONG): Data too long for column 'title' at row 1",
    ],
    [
      failed("Duplicate entry 'it's s3cret' for key 'PRIMARY'", 'ER_DUP_ENTRY'),
      "QueryFailedError (ER_DUP_ENTRY): Duplicate entry '…' for key 'PRIMARY'",
    ],
    [
      failed("Incorrect string value: '\\xF0 s3cret' for column 'body' at row 1", 'ER_X'),
      "QueryFailedError (ER_X): Incorrect string value: '…' for column 'body' at row 1",
    ],
    [
      failed("You have an error in your SQL syntax near 'VALUES (\\'s3cret\\', 'b')' at line 1", 'ER_PARSE_ERROR'),
      "QueryFailedError (ER_PARSE_ERROR): You have an error in your SQL syntax near '…' at line 1",
    ],
    [
      new SyntaxError('Unexpected token \'s\', "s3cret" is not valid JSON'),
      'SyntaxError: Unexpected token \'…\', "…" is not valid JSON',
    ],
    [
      new Error('call https://host/x?sig=s3cretsecret\nof me@example.org'),
      'Error: call https://host/x?sig=[redacted] of [redacted]',
    ],
    ['s3cret', 'Error: it says nothing'],
  ])('of %s has no value in it', (error, text) => {
    expect(errorText(error)).toBe(text);
    expect(errorText(error)).not.toContain('s3cret');
  });

  it('is one bounded line, without the stack', () => {
    const text = errorText(new Error(`a\n${'b'.repeat(100_000)}`));
    expect(text).toHaveLength(1_000);
    expect(text).toMatch(/^Error: a b+…$/);
  });
});
