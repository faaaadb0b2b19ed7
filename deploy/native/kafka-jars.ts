import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Fault } from './processes.ts';

const run = promisify(execFile);
export const kafkaVersion = '4.1.2';
const install = 'apt-get install -y --no-install-recommends openjdk-17-jre-headless maven';

export const java = process.env.JAVA_HOME ? join(process.env.JAVA_HOME, 'bin', 'java') : 'java';

/** Throws a {@link Fault} that says what to install where this machine cannot run Kafka. */
export async function assertJava(): Promise<void> {
  const { stderr } = await run(java, ['-version']).catch(() => {
    throw new Fault(`Kafka needs Java 17 or newer, and there is no '${java}'. Next step: ${install}`);
  });
  const major = Number(/version "(\d+)/.exec(stderr)?.[1] ?? 0);
  if (major < 17) throw new Fault(`Kafka needs Java 17 or newer, '${java}' is ${major}. Next step: ${install}`);
}

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>local</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${kafkaVersion}</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
`;

function jarFolder(): string {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(cache, 'kafka-dist', kafkaVersion);
}

/** The class path of Apache Kafka: 43 MB from Maven Central at the first call, from the user's cache folder afterwards. */
export async function kafkaClassPath(): Promise<string> {
  const folder = jarFolder();
  if (!existsSync(join(folder, '.complete'))) await download(folder);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jar'))
    .map((name) => join(folder, name))
    .join(':');
}

async function download(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'pom.xml');
  writeFileSync(file, pom);
  console.error(`fetching Apache Kafka ${kafkaVersion} (43 MB, once) from Maven Central`);
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
  await run('mvn', ['-q', '-B', '-f', file, goal, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]).catch((error) => {
    if (error.code === 'ENOENT') throw new Fault(`Kafka's jars come through Maven, and there is no 'mvn'. Next step: ${install}`);
    throw new Fault(
      `Maven could not fetch Kafka's jars: ${String(error.stdout).split('\n')[0]}. Next step: mend the network, run it again`,
    );
  });
  writeFileSync(join(folder, '.complete'), `${kafkaVersion}\n`);
}
