# What `cmake --install` puts in place: the program, its systemd unit with the account it runs as and
# the kernel settings it requires, and the documentation. The configuration is an example only: an
# installation must not overwrite what an operator wrote.
include(GNUInstallDirs)

install(TARGETS avedge RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# systemd searches these folders below /usr and below /usr/local.
file(READ docker/avedge.service unit)
string(REPLACE /usr/bin/ ${CMAKE_INSTALL_FULL_BINDIR}/ unit "${unit}")
string(REPLACE /usr/share/doc/avedge/ ${CMAKE_INSTALL_FULL_DOCDIR}/ unit "${unit}")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/install/avedge.service CONTENT "${unit}" @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/install/avedge.service DESTINATION lib/systemd/system)
install(FILES docker/sysusers.conf DESTINATION lib/sysusers.d RENAME avedge.conf)
install(FILES docker/sysctl.conf DESTINATION lib/sysctl.d RENAME 60-avedge.conf)

install(FILES README.md LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES docker/avedge.toml docker/avedge-frames.conf docker/avedge-fan-in.conf
        DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
