/** What the bench uses of better-sqlite3, which brings no types. */
declare module 'better-sqlite3' {
  interface Statement {
    run(values: readonly unknown[]): unknown;
    all(): unknown[];
    get(): unknown;
  }

  export default class Database {
    constructor(path: string);
    pragma(text: string): unknown;
    prepare(sql: string): Statement;
    transaction<Args extends unknown[]>(work: (...args: Args) => void): (...args: Args) => void;
    close(): void;
  }

  export type { Statement };
}
