import { Injectable } from '@nestjs/common';

/** Whether the database has been reached since the start, and is up to date with the migrations. */
@Injectable()
export class DatabaseState {
  private up = false;

  get isUp(): boolean {
    return this.up;
  }

  /** From now on it counts as there; that it is away for a while shows with each statement. */
  reached(): void {
    this.up = true;
  }
}
