import { Injectable } from '@nestjs/common';

/** Where the time comes from; tests put a fixed one in its place. */
@Injectable()
export class Clock {
  now(): Date {
    return new Date();
  }
}
