import { ENGINES, freshDatabase, type Engine, type TestDatabase } from '../support/database';
import { buildService } from '../support/server-process';
import { Scene } from './scene';

beforeAll(buildService, 120_000);

describe.each(ENGINES)('the service under load, on %s', (engine: Engine) => {
  let database: TestDatabase;
  let scene: Scene;

  beforeEach(async () => {
    database = await freshDatabase(engine);
    scene = await Scene.start({ databaseUrl: database.url, spool: true });
  }, 60_000);
  afterEach(async () => {
    await scene.close();
    await database.drop();
  });

  async function kill(): Promise<void> {
    expect(await scene.stopService('SIGKILL')).toBe('SIGKILL');
  }

  it('keeps all that it acknowledged through five kills, and nothing of it twice', async () => {
    const load = scene.load();
    for (let round = 1; round <= 5; round += 1) {
      await load.untilMore(60);
      // In two of the rounds the database is away: what is acknowledged is in the spool alone when the process dies.
      const { proxy } = scene;
      if (proxy === null || round % 2 === 1) {
        await kill();
        await scene.startService();
        continue;
      }
      proxy.cut();
      await load.untilMoreOf(202, 40);
      await kill();
      expect(scene.spoolFiles()).not.toEqual([]);
      // Once it comes up while the database is still away, and dies again before it has any of it.
      if (round === 4) {
        await scene.startService();
        await load.untilMoreOf(202, 20);
        await kill();
      }
      proxy.mend();
      await scene.startService();
    }
    await load.untilMore(60);
    expect(await scene.settle(load)).toEqual([]);
  }, 120_000);

  it('ends in good order at SIGTERM, and has lost nothing', async () => {
    const load = scene.load();
    await load.untilMore(100);
    expect(await scene.stopService('SIGTERM')).toBe(0);
    await scene.startService();
    await load.untilMore(60);
    expect(await scene.settle(load)).toEqual([]);
  }, 60_000);
});
