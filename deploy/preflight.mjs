// Plain JavaScript on purpose: an old Node must be able to run it.
const needed = [22, 18];
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  console.error(
    `This needs Node >= ${needed.join('.')}, and this is Node ${process.versions.node}. Next step: npm ci, then start it by npm run: npm brings Node 24 with it.`,
  );
  process.exit(1);
}
