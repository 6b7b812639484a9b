import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { LoadJob, LoadMessage, LoadResult } from './load';

/** The load in a process of its own, so that its event loop and the service's don't share a thread. */
export class LoadProcess {
  private readonly child: ChildProcess = fork(join(__dirname, 'load.js'));

  get pid(): number {
    return this.child.pid as number;
  }

  /** `onMeasuring` is called when the part that counts begins. */
  run(job: LoadJob, onMeasuring: () => void = () => undefined): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error('The load ended before it had a result.'));
      const onMessage = (message: LoadMessage): void => {
        if (message.kind === 'measuring') return onMeasuring();
        this.child.off('exit', onExit).off('message', onMessage);
        resolve(message);
      };
      this.child.on('message', onMessage).once('exit', onExit);
      this.child.send(job);
    });
  }

  stop(): void {
    this.child.kill('SIGKILL');
  }
}
