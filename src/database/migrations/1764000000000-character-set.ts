import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * MySQL and MariaDB: tables made from here on hold every Unicode character and compare text byte by byte, as SQLite does,
 * whatever the server's defaults are. Keys are lower-cased before they are stored.
 */
export class CharacterSet1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    if (runner.dataSource.options.type === 'better-sqlite3') return;
    const database = await runner.getCurrentDatabase();
    await runner.query(`ALTER DATABASE \`${database}\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  }

  async down(): Promise<void> {
    // The default of a database without our tables matters to nobody.
  }
}
