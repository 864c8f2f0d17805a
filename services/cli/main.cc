// wanmi: the command line of a city. It talks to its processes by gRPC and keeps nothing itself.
#include <iostream>

#include "services/cli/commands.h"

int main(int argc, char** argv) {
  using namespace wanmi;
  CLI::App app("wanmi: a city's problems, from report to score, from the command line");
  app.require_subcommand(1);
  cli::Session session;
  base::Status outcome;
  app.add_option("--address", session.options.address,
                 "host:port of the city, or of each service: intake=host:port,host:port;grid=…")
      ->envname("WANMI_ADDRESS")
      ->capture_default_str();
  app.add_option("--ca", session.options.tls.ca, "certificates of whom to trust (PEM)")
      ->envname("WANMI_CA");
  app.add_option("--cert", session.options.tls.certificate, "our certificate (PEM)")
      ->envname("WANMI_CERT");
  app.add_option("--key", session.options.tls.key, "its private key (PEM)")->envname("WANMI_KEY");
  app.add_option("--person", session.options.person, "who acts");
  app.add_option("--post", session.options.post, "in which post");
  app.add_option("--device", session.options.device, "with which device");
  app.add_flag("--json", session.options.json, "answers as JSON, one message a line");
  const cli::Program program{&app, &session, &outcome};
  cli::AddImport(program);
  cli::AddReport(program);
  cli::AddAct(program);
  cli::AddList(program);
  cli::AddShow(program);
  cli::AddTail(program);
  cli::AddVerify(program);
  cli::AddStatus(program);
  cli::AddOperations(program);
  cli::AddLevel(program);
  cli::AddMove(program);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;  // 0: help was asked for
  }
  if (outcome.ok()) return 0;
  std::cout.flush();
  std::cerr << outcome.ToString() << "\n";
  return 1;
}
