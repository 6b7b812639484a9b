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
      "SyntaxError: Unexpected token '…' is not valid JSON",
    ],
    [
      new SyntaxError(`Unexpected token 'h', ..."assword": s3cretsec"... is not valid JSON`),
      "SyntaxError: Unexpected token '…'... is not valid JSON",
    ],
    [
      failed("Truncated incorrect DOUBLE value: 'it's s3cret'", 'ER_X'),
      "QueryFailedError (ER_X): Truncated incorrect DOUBLE value: '…'",
    ],
    [
      failed(`Truncated incorrect DOUBLE value: 'a "b" s3cret`, 'ER_X'),
      "QueryFailedError (ER_X): Truncated incorrect DOUBLE value: '…'",
    ],
    [
      failed(`Truncated incorrect DOUBLE value: '${'é'.repeat(250)}' s3cret`, 'ER_X'),
      "QueryFailedError (ER_X): Truncated incorrect DOUBLE value: '…'",
    ],
    [
      failed("Truncated incorrect DOUBLE value: 's3cret key 'a'", 'ER_X'),
      "QueryFailedError (ER_X): Truncated incorrect DOUBLE value: '…'",
    ],
    [
      failed("Duplicate entry 'x' for key 's3cret' for key 'deliveries.ux_dedup'", 'ER_DUP_ENTRY'),
      "QueryFailedError (ER_DUP_ENTRY): Duplicate entry '…' for key 'deliveries.ux_dedup'",
    ],
    [
      failed("Incorrect string value: '\\xF0's3cret' for column `db`.`alerts`.`title` at row 1", 'ER_X'),
      "QueryFailedError (ER_X): Incorrect string value: '…' for column `db`.`alerts`.`title` at row 1",
    ],
    [failed('near "s3cret": syntax error', 'SQLITE_ERROR'), 'QueryFailedError (SQLITE_ERROR): near "…": syntax error'],
    [
      failed("Access denied for user 's3cret'@'10.0.0.1' (using password: YES)", 'ER_ACCESS_DENIED_ERROR'),
      "QueryFailedError (ER_ACCESS_DENIED_ERROR): Access denied for user '…' (using password: [redacted]",
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

  it.each([
    "Table 'db.alerts' doesn't exist",
    "Unknown column 'titel' in 'field list'",
    "Unknown column 'a.titel' in 'where clause'",
    "Key column 'a' doesn't exist in table 'alerts'",
    "Field 'title' doesn't have a default value",
    "Column 'title' cannot be null",
    "Out of range value for column 'impact' at row 12",
    "Check constraint 'ck_impact' is violated.",
    'Cannot add or update a child row: a foreign key constraint fails (`db`.`alerts`, CONSTRAINT `fk` FOREIGN KEY (`a`))',
    'UNIQUE constraint failed: alerts.episode',
    'Lock wait timeout exceeded; try restarting transaction',
  ])('names what is wrong: %s', (message) => {
    expect(errorText(failed(message, 'ER_X'))).toBe(`QueryFailedError (ER_X): ${message}`);
  });

  it('is found soon, whatever is quoted', () => {
    const before = performance.now();
    for (const part of ["'", '"', " key 'a", " in 'a a", " for key 'a'", ' for column `a`'])
      errorText(new Error(part.repeat(100_000)));
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('is one bounded line, without the stack', () => {
    const text = errorText(new Error(`a\n${'b'.repeat(100_000)}`));
    expect(text).toHaveLength(1_000);
    expect(text).toMatch(/^Error: a b+…$/);
  });
});
