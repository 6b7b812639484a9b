/** What is used of better-sqlite3 itself, which brings no types. */
declare module 'better-sqlite3' {
  interface Statement {
    run(values: readonly unknown[]): unknown;
    all(): unknown[];
    get(): unknown;
  }

  export default class Database {
    constructor(path: string, options?: { timeout?: number });
    exec(sql: string): this;
    pragma(text: string): unknown;
    prepare(sql: string): Statement;
    transaction<Args extends unknown[]>(work: (...args: Args) => void): (...args: Args) => void;
    close(): void;
  }

  export type { Statement };
}
