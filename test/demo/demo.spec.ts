import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../demo/main';
import { ACTIONS } from '../../demo/people';
import { mismatches } from '../../demo/play';
import { shiftedSample } from '../../demo/samples';
import { STORY, type Step } from '../../demo/story';

const ROOT = join(__dirname, '../..');
const TIMEOUT_MS = 240_000;

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

function runScript(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, env: { ...process.env, NODE_ENV: undefined, ...env } };
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

describe('npm run demo', () => {
  it(
    'with --once tells the whole day, and ends well',
    async () => {
      const { code, stdout, stderr } = await runScript(['scripts/demo.mjs', '--once']);
      expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
      const rows = stdout.split('\n').filter((line) => /^\d\d:\d\d /.test(line));
      expect(rows).toHaveLength(STORY.length);
      expect(rows[2]).toMatch(/^06:15 {2}metric: CPU high +200 +created +INC0000002 +new +datacenter2019 +id +1$/);
      expect(rows.find((row) => row.includes('not on the list'))).toMatch(/403 +refused +app_not_allowed$/);
      const actions = stdout.split('\n').filter((line) => /^(viewer|operator|manager) /.test(line));
      expect(actions).toHaveLength(ACTIONS.length);
      expect(actions[1]).toMatch(/^operator +takes up the CPU alert +200 +in_progress$/);
      expect(stdout).toContain(`All ${STORY.length + ACTIONS.length} came out as expected.`);
      expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
      expect(stdout).not.toContain('\u001b');
      const logFile = /log: (\S+service\.log)/.exec(stdout)?.[1] ?? 'none is named';
      expect(existsSync(join(ROOT, logFile))).toBe(true);
    },
    TIMEOUT_MS,
  );

  it(
    'ends with 1 and says what differs when something comes out otherwise than expected',
    async () => {
      const printed = jest.spyOn(console, 'log').mockImplementation();
      const [first] = STORY as [Step, ...Step[]];
      const story = [{ ...first, expected: { ...first.expected, outcome: 'duplicate' } }];
      const code = await run({ once: true, story, interrupted: new Promise(() => undefined) });
      const text = printed.mock.calls.join('\n');
      printed.mockRestore();
      expect(code).toBe(1);
      expect(text).toContain(
        'NOT as expected:\n  02:10 Prometheus: node CPU high: outcome: expected duplicate, got created',
      );
    },
    TIMEOUT_MS,
  );

  it('refuses production', async () => {
    const { code, stderr } = await runScript(['scripts/demo.mjs'], { NODE_ENV: 'production' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not run where NODE_ENV=production/);
  });

  it('explains itself, and what it does not know', async () => {
    const help = await runScript(['scripts/demo.mjs', '--help']);
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--once') as string });
    const unknown = await runScript(['scripts/demo.mjs', '--twice']);
    expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining("'--twice'") as string });
  });
});

describe('an expectation', () => {
  const { expected } = STORY[0] as Step;

  it('is met by exactly what it says', () => {
    expect(mismatches(expected, { ...expected })).toEqual([]);
  });

  it('names each thing that differs, and what is missing', () => {
    expect(mismatches(expected, { ...expected, priority: 1, configurationItem: null })).toEqual([
      'configurationItem: expected (prom007), got none',
      'priority: expected 4, got 1',
    ]);
  });
});

describe('a shifted sample', () => {
  it('moves all times by one distance, and leaves the rest as it was sent', () => {
    const { body, happenedAt } = shiftedSample(
      'platform-metric-multi-resource-cpu-episode-1-resolved',
      new Date('2026-03-01T06:15:00Z'),
    );
    expect(happenedAt.toISOString()).toBe('2026-03-01T06:48:22.190Z');
    expect(JSON.parse(body)).toMatchObject({
      data: {
        essentials: {
          alertId: expect.stringMatching(/38067131-bf52-4720-8dbd-1cdafe77bd10$/) as string,
          firedDateTime: '2026-03-01T06:15:23.6876682Z',
          resolvedDateTime: '2026-03-01T06:48:22.1903515Z',
        },
        alertContext: { condition: { windowStartTime: '2026-03-01T06:40:14.562Z' } },
      },
    });
  });
});
