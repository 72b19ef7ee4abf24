// A thin client: the language server does the work, this starts it and lets it go.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function activate() {
  const [command, ...args] = vscode.workspace.getConfiguration("cnnspec").get("command");
  client = new LanguageClient("cnnspec", "cnnspec", { command, args }, { documentSelector: [{ language: "cnnspec" }] });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    vscode.window.showErrorMessage(
      `cnnspec: \`${[command, ...args].join(" ")}\` did not start (${error.message}). ` +
        "It needs `pip install 'cnnspec[lsp]'`; the setting `cnnspec.command` says where it is.",
    );
  }
}

function deactivate() {
  return client?.stop();
}

module.exports = { activate, deactivate };
