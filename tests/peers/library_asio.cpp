#include <asio.hpp>

extern "C" {
#include "peer.h"
}

const char peer_model[] = "epoll";

namespace
{

using asio::ip::tcp;
using executor = asio::io_context::executor_type; /* not tcp::socket's any_io_executor */

class connection
{
  public:
    connection(asio::io_context &context, session *accepted)
        : socket(context, tcp::v4(), accepted->socket), own(accepted)
    {
        socket.non_blocking(true);
    }

    connection(const connection &) = delete;
    connection &operator=(const connection &) = delete;

    void receive()
    {
        socket.async_read_some(asio::buffer(own->buffer, peer.buffer_bytes),
                               [this](const asio::error_code &error, std::size_t bytes) {
                                   if (error) {
                                       delete this;
                                       return;
                                   }
                                   session_filled(own, bytes);
                                   send();
                               });
    }

  private:
    ~connection()
    {
        asio::error_code ignored;
        socket.close(ignored);
        session_free(own);
    }

    asio::const_buffer pending() const
    {
        return asio::buffer(own->buffer + own->begin, own->end - own->begin);
    }

    /* async_write alone would do, but tells even of what was sent at once by way of the queue. */
    void send()
    {
        asio::error_code error;
        session_drained(own, socket.write_some(pending(), error));
        if (error && error != asio::error::would_block)
            delete this;
        else if (own->begin == own->end)
            receive();
        else
            send_rest();
    }

    void send_rest()
    {
        asio::async_write(socket, pending(),
                          [this](const asio::error_code &error, std::size_t bytes) {
                              if (error) {
                                  delete this;
                                  return;
                              }
                              session_drained(own, bytes);
                              receive();
                          });
    }

    asio::basic_stream_socket<tcp, executor> socket;
    session *own;
};

class acceptor
{
  public:
    acceptor(asio::io_context &io_context, socket_t bound)
        : context(io_context), listener(io_context, tcp::v4(), bound)
    {
        listener.non_blocking(true);
    }

    void accept_all()
    {
        while (session *accepted = session_accept(listener.native_handle(), true))
            (new connection(context, accepted))->receive();
        listener.async_wait(tcp::acceptor::wait_read, [this](const asio::error_code &error) {
            if (error)
                peer_fail("async_wait");
            accept_all();
        });
    }

  private:
    asio::io_context &context;
    asio::basic_socket_acceptor<tcp, executor> listener;
};

} // namespace

void peer_serve(socket_t listener)
{
    asio::io_context context(1);
    acceptor accepting(context, listener);
    accepting.accept_all();
    context.run();
}
