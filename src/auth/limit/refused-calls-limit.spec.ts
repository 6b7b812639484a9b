import { Logger } from '@nestjs/common';
import { TestClock } from '../../../test/support/test-clock';
import type { Config } from '../../common/config';
import { AuthMetrics } from '../auth-metrics';
import { RefusedCallsLimit } from './refused-calls-limit';

const limitOf = (refusedCallsPerMinute: number): RefusedCallsLimit =>
  new RefusedCallsLimit({ refusedCallsPerMinute } as Config, new TestClock(), new AuthMetrics());
const address = (index: number): string => `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`;

describe('the limit of refused calls', () => {
  beforeAll(() => void Logger.overrideLogger(false));
  afterAll(() => void Logger.overrideLogger(true));

  it('is reached by the address that took its allowance, and by no other', () => {
    const limit = limitOf(2);
    expect(limit.isReached(address(1))).toBe(false);
    expect([limit.count(address(1)), limit.isReached(address(1))]).toEqual([null, false]);
    expect([limit.count(address(1)), limit.isReached(address(1))]).toEqual([null, true]);
    expect(limit.count(address(1))).toMatchObject({ status: 429, code: 'too_many_refused_calls' });
    expect(limit.isReached(address(2))).toBe(false);
  });

  it('is never reached where there is none', () => {
    const limit = limitOf(0);
    for (let call = 0; call < 100; call += 1) expect(limit.count(address(1))).toBeNull();
    expect(limit.isReached(address(1))).toBe(false);
  });

  it('remembers ten thousand addresses, and forgets first what was refused longest ago', () => {
    const limit = limitOf(1);
    const [old, used, recent] = [address(0), address(1), address(9_999)];
    for (let index = 0; index < 10_000; index += 1) expect(limit.count(address(index))).toBeNull();
    expect(limit.count(used)).not.toBeNull();
    expect([old, used, recent].map((each) => limit.isReached(each))).toEqual([true, true, true]);

    limit.count(address(10_000));
    limit.count(address(10_001));
    expect([old, used, recent].map((each) => limit.isReached(each))).toEqual([false, true, true]);
    expect(limit.isReached(address(2))).toBe(false);
  });
});
